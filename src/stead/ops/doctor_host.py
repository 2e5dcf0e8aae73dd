"""What `stead doctor` asks a host: can it be reached, what can be looked at there, and what this user may not see."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import AsyncIterator

from stead.app.discover import shelves
from stead.app.estate_settings import HostEstate
from stead.app.furnish import commands_of, host_estate
from stead.app.probe_settings import ProbesEstate
from stead.app.settings import Settings
from stead.clocks import SystemClock
from stead.domain.errors import BlindError, UserError
from stead.domain.finding import FindingClass
from stead.estate import sandbox, sandbox_view
from stead.estate.host.commands import LocalCommands
from stead.estate.own.scripts import scripts
from stead.ops.doctor import Line, fail, ok, warn

RIGHTS = "groups such as systemd-journal, adm and docker let the user look; `checks.disabled` is for what it shall not see"


async def examine_host(estate: HostEstate) -> AsyncIterator[Line]:
    """Whether it answers, then one line for all that its checks could not see."""
    about = f"estate {estate.id}"
    where = "this machine" if estate.ssh is None else f"{estate.ssh.user + '@' if estate.ssh.user else ''}{estate.ssh.host} over SSH"
    try:
        commands = commands_of(estate, SystemClock())
    except UserError as error:
        yield fail(about, error.what, error.hint)
        return
    try:
        units = await commands.run(["systemctl", "--version"], 10)
    except BlindError as error:
        yield fail(about, str(error), "`ssh` with the same user and key shows whether it is the host or the key")
        return
    finally:
        await commands.close()
    yield ok(about, where if units.code == 0 else f"{where}, without systemd's units")
    yield await _sight(f"{about}, sight", estate)
    if estate.ssh is None:
        yield _shell(f"{about}, shell")


def _shell(about: str) -> Line:
    """Whether models are offered the tool `shell`: only where its sandbox works."""
    if sandbox_view.works():
        return ok(about, "lines that only read run in a sandbox")
    return warn(about, "no sandbox works here, and models are not offered the tool `shell`", "apt-get install bubblewrap")


async def _sight(about: str, estate: HostEstate) -> Line:
    faults = [check for check in shelves().host_checks.values() if check.class_ is FindingClass.FAULT]
    live = host_estate(estate, faults, SystemClock())
    try:
        found = await live.scan()
    finally:
        await live.close()
    if not found.blind:
        return ok(about, f"all {len(faults)} checks can look")
    return warn(about, f"{len(found.blind)} of {len(faults)} checks cannot look; {found.blind[0].summary}", RIGHTS)


def examine_probes(estate: ProbesEstate) -> Line:
    """Whether each probe has what it needs here. None is sent."""
    about = f"estate {estate.id}"
    kinds = {probe.kind for probe in estate.probes}
    if "ping" in kinds and shutil.which("ping") is None:
        return fail(about, "there is no program `ping` here", "install iputils-ping")
    if "dns" in kinds and importlib.util.find_spec("dns") is None:
        return fail(about, "probes of DNS need the library `dnspython`", "pip install 'stead[dns]'")
    return ok(about, f"{len(estate.probes)} probes from this machine") if estate.probes else warn(about, "has no probes", "list some")


async def examine_own(settings: Settings) -> Line:
    """Whether the programs among one's own checks can run: in the sandbox, or not at all."""
    found = scripts(folder.absolute() for folder in settings.checks.folders)
    if strange := sorted(set(settings.checks.own) - set(found)):
        return warn(
            "own checks", f"`checks.own` names {strange[0]}, which is no program in `checks.folders`", "chmod +x it, or correct the name"
        )
    words = await sandbox.trouble(LocalCommands())
    if words and found:
        return fail(
            "own checks", f"{len(found)} programs are not run: {words}", "apt-get install bubblewrap; containers must allow user namespaces"
        )
    wanting = sorted(name for name, own in settings.checks.own.items() if own.network)
    if wanting and (words := await sandbox.trouble(LocalCommands(), network=True)):
        some = f"{wanting[0]} is" if len(wanting) == 1 else f"{len(wanting)} programs that want the network are"
        return fail("own checks", f"{some} not run: {words}", "apt-get install passt iproute2, or leave out `network`")
    return ok("own checks", f"{len(found)} programs, in the sandbox" if found else "Python files, no programs")
