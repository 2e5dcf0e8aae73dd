"""One read-only pass over a machine, this one or another over SSH, or over any estate of the configuration: for `stead check`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from stead.app.discover import shelves
from stead.app.estate_settings import HostEstate, SshSettings
from stead.app.furnish import OWN, estates_of, host_estate
from stead.app.settings import Settings
from stead.declare import HostCheck
from stead.domain.errors import UserError
from stead.domain.scan import Scan
from stead.ports import Clock, Estate

HOST = "host"
"""What this machine is called where no configuration names it."""

_TARGET = re.compile(r"(?:(?P<user>[^@:\[\]]+)@)?(?:\[(?P<bare>[0-9A-Fa-f:.]+)\]|(?P<host>[^@:\[\]]+))(?::(?P<port>\d{1,5}))?")


async def scan_host(target: str, identity: Path | None, checks: Iterable[HostCheck], clock: Clock) -> Scan:
    """This machine, or with a `target` (`user@host:port`) another. UserError for a target that is none."""
    settings = HostEstate(kind="host", id=HOST)
    if target:
        ssh = parse_target(target, identity)
        # Names are looser than ids: what does not fit becomes a dash.
        name = re.sub(r"[^a-z0-9]+", "-", ssh.host.lower()).strip("-")[:63].rstrip("-") or HOST
        settings = HostEstate(kind="host", id=name, ssh=ssh)
    return await _once(host_estate(settings, checks, clock))


async def scan_estate(name: str, settings: Settings | None, clock: Clock) -> Scan:
    """An estate as the configuration names it. UserError where it names none of that id."""
    settings = settings or Settings()
    names = [*(estate.id for estate in settings.estates), *([OWN] if settings.checks.folders else [])]
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = (
            f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}" if names else "list it under `estates:` in stead.yaml"
        )
        raise UserError(f"the configuration names no estate `{name[:63]}`", hint=hint)
    alone = settings.model_copy(update={"estates": tuple(e for e in settings.estates if e.id == name)})
    broken: dict[str, str] = {}
    return await _once(estates_of(alone, shelves(alone.checks.folders, broken), clock, broken)[name])


async def _once(estate: Estate) -> Scan:
    try:
        return await estate.scan()
    finally:
        await estate.close()


def parse_target(text: str, identity: Path | None = None) -> SshSettings:
    """`user@host:port`, user and port left out at will, IPv6 in brackets. UserError for anything else."""
    found = _TARGET.fullmatch(text)
    if found is not None:
        host, port = found["bare"] or found["host"], int(found["port"] or 22)
        with contextlib.suppress(ValidationError):
            return SshSettings(host=host, port=port, user=found["user"], identity=identity)
    raise UserError(f"`{text[:80]}` is not a host to reach over SSH", hint="write it like nas.lan, stead@nas.lan or stead@nas.lan:2222")
