"""systemd units that have failed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import NO_PROGRAM, SECONDS, odd_output, refused
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.ports import HostCommands

LIST = ("systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--full", "--no-pager")

_UNIT = re.compile(
    r"(?:[●*×]\s+)?(?P<unit>[A-Za-z0-9:_.\\@-]{1,255}\.[a-z]{1,12})\s+(?P<load>\S+)\s+(?P<active>\S+)\s+(?P<sub>\S+)(?:\s.*)?"
)
_NO_SYSTEMD = ("not been booted with systemd", "Failed to connect to bus: No such file", "Failed to connect to bus: Host is down")


@host_check(every=timedelta(minutes=1))
async def failed_units(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """A systemd unit is in the state `failed`: it ended badly and nothing starts it again. Without systemd there is nothing to see."""
    done = await commands.run(LIST, SECONDS)
    if done.code == NO_PROGRAM or any(words in done.stderr for words in _NO_SYSTEMD):
        return ()
    if done.code != 0:
        raise refused(LIST, done)
    units, odd = parse_units(done.stdout)
    found = [_finding(unit, result, estate) for unit, result in units]
    return [*found, odd_output("failed_units", estate, LIST, odd[0], now)] if odd else found


def parse_units(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """`systemctl list-units` → failed units with their sub state, and the lines that could not be read."""
    units: list[tuple[str, str]] = []
    odd: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        row = _UNIT.fullmatch(line)
        if row is None:
            odd.append(line)
        elif row["active"] == "failed":
            units.append((row["unit"], row["sub"]))
    return sorted(set(units)), odd


def _finding(unit: str, sub: str, estate: str) -> Finding:
    return Finding(
        check="failed_units",
        subject=Subject(estate=estate, api_version="host.stead/v1", kind="Unit", name=unit),
        reason="UnitFailed",
        summary=f"unit {unit} has failed",
        evidence=(Evidence(what="state", value=f"failed ({sub})", command=shlex.join(["systemctl", "status", "--no-pager", "--", unit])),),
    )
