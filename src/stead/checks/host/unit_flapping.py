"""systemd units that die and are started again, over and over."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from stead.checks.host import journal
from stead.checks.host.common import odd_output
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.ports import HostCommands

RESTARTED = "MESSAGE_ID=5eb03494b6584870a536b337290809b3"
"""What systemd writes when a unit's process ended and it schedules a restart (sd-messages.h, SD_MESSAGE_UNIT_RESTART_SCHEDULED)."""

MINUTES, TIMES = 15, 3
"""Three restarts in a quarter of an hour: more than a hiccup, and too slow for systemd's own limit (5 in 10 s), which would end it."""

_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,255}\.[a-z]{1,12}")


@host_check(every=timedelta(minutes=1))
async def unit_flapping(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """A systemd unit ended by itself and was restarted automatically at least three times in 15 minutes."""
    read = await journal.entries(commands, MINUTES, RESTARTED)
    if read is None:
        return ()
    entries, odd = read
    found = [_finding(unit, times, estate) for unit, times in restarts(entries).items() if len(times) >= TIMES]
    argv = journal.command(MINUTES, RESTARTED)
    return [*found, odd_output("unit_flapping", estate, argv, odd[0], now)] if odd else found


def restarts(entries: Iterable[journal.Entry]) -> Mapping[str, list[datetime]]:
    """When each unit was restarted automatically, in order."""
    times: defaultdict[str, list[datetime]] = defaultdict(list)
    for entry in entries:
        if _UNIT.fullmatch(entry.about):
            times[entry.about].append(entry.at)
    return {unit: sorted(times[unit]) for unit in sorted(times)}


def _finding(unit: str, times: Sequence[datetime], estate: str) -> Finding:
    command = shlex.join(["journalctl", "--no-pager", "-n50", "-u", unit])
    return Finding(
        check="unit_flapping",
        subject=Subject(estate=estate, api_version="host.stead/v1", kind="Unit", name=unit),
        reason="UnitFlapping",
        summary=f"unit {unit} keeps dying and is restarted: {len(times)} times in {MINUTES} minutes",
        evidence=(Evidence(what="automatic restarts", value=f"{len(times)}, last at {times[-1]:%H:%M:%S} UTC", command=command),),
        since=times[0],
    )
