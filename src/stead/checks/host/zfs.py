"""ZFS pools that are not well."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, is_forbidden, refused
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

STATUS = ("zpool", "status", "-x")

_FIELD = re.compile(r"^ *(pool|state|status|scan|errors): ?(.*)$")
_WELL = ("all pools are healthy", "no pools available")
_NO_MODULE = ("modules are not loaded", "/dev/zfs", "not loaded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool as `zpool status` describes it. `status` and `errors` are ZFS' own words."""

    name: str
    state: str
    status: str = ""
    errors: str = ""


@host_check(every=timedelta(minutes=2))
async def zfs(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """`zpool status -x` names a pool: it is degraded, faulted, or has errors."""
    done = await ask(commands, STATUS)
    if done is None or any(words in done.stderr for words in _NO_MODULE):
        return ()
    if is_forbidden(done):
        raise BlindError("this user may not ask zpool", reason="Forbidden", command=shlex.join(STATUS))
    if done.code != 0:
        raise refused(STATUS, done)
    text = done.stdout.strip()
    if text in _WELL or any(word in done.stderr for word in _WELL):
        return ()
    pools = parse_status(text)
    if not pools:
        raise BlindError("`zpool` does not tell how its pools are", reason="Malformed", command=shlex.join(STATUS))
    return [_finding(pool, estate) for pool in pools]


def parse_status(text: str) -> list[Pool]:
    """`zpool status -x` → the pools that it names, each with what was told of it (zpool-status(8)); a field may run over lines."""
    pools: list[dict[str, str]] = []
    field = ""
    for line in text.splitlines():
        match = _FIELD.match(line)
        if match is not None:
            field = match[1]
            if field == "pool":
                pools.append({})
            if pools:
                pools[-1][field] = match[2].strip()
        elif line.startswith("\t") and field == "status" and pools:
            pools[-1]["status"] = f"{pools[-1]['status']} {line.strip()}"
        else:
            field = ""
    whole = [pool for pool in pools if pool.get("pool") and pool.get("state")]
    return [Pool(name=p["pool"], state=p["state"], status=p.get("status", ""), errors=p.get("errors", "")) for p in whole]


def _finding(pool: Pool, estate: str) -> Finding:
    # A pool that is ONLINE here has a wish: an upgrade of features is an opinion, data errors are not.
    lost = pool.state not in ("ONLINE", "DEGRADED") or not pool.errors.startswith("No known data errors")
    return Finding(
        check="zfs",
        subject=host(estate),
        reason="PoolUnwell",
        summary=f"ZFS pool {pool.name} is {pool.state}{', with data errors' if lost and pool.state == 'ONLINE' else ''}",
        severity=Severity.CRITICAL if lost else Severity.WARNING,
        container=pool.name,
        evidence=(
            Evidence(what="status", value=(pool.status or "(not told)")[:500], command=shlex.join(["zpool", "status", "-v", pool.name])),
            Evidence(what="errors", value=(pool.errors or "(not told)")[:200]),
        ),
    )
