"""A host whose clock nobody sets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, read_file, refused
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import Completed, HostCommands

TIMEDATECTL = ("timedatectl", "show", "--property=NTP,NTPSynchronized,CanNTP")
CHRONY = ("chronyc", "-c", "-n", "tracking")

YOUNG = 15 * 60.0
"""Seconds after its start in which a host may still be looking for the time."""

FAR, TOO_FAR = 1.0, 30.0
"""Seconds between the host's clock and the true time: a warning, and critical (certificates, tickets and logs go wrong)."""

_NO_BUS = ("not been booted with systemd", "Failed to connect to bus", "was not provided by any .service")


@host_check(every=timedelta(minutes=5))
async def clock(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """The clock is not set by a time server, or chrony measures that it is more than a second off (critical: 30 seconds)."""
    tracking = parse_tracking(_said(await ask(commands, CHRONY)))
    if tracking is not None and tracking.synchronised:
        return (_off(estate, tracking.offset),) if abs(tracking.offset) > FAR else ()
    done = await ask(commands, TIMEDATECTL)
    if done is None or any(words in done.stderr for words in _NO_BUS):
        return (_unset(estate, "chronyc tracking"),) if tracking is not None and await _grown(commands) else ()
    if done.code != 0:
        raise refused(TIMEDATECTL, done)
    if parse_properties(done.stdout).get("NTPSynchronized") != "no" or not await _grown(commands):
        return ()
    return (_unset(estate, "timedatectl"),)


class Tracking:
    """What chrony knows: whether it follows a server, and how far the clock is off, in seconds."""

    def __init__(self, *, synchronised: bool, offset: float) -> None:
        self.synchronised = synchronised
        self.offset = offset


def parse_tracking(text: str) -> Tracking | None:
    """`chronyc -c tracking` (14 fields, https://chrony-project.org/doc/4.3/chronyc.html) → what it means; None for what is none."""
    fields = text.strip().split(",")
    if len(fields) != 14 or not re.fullmatch(r"-?\d{1,12}\.\d{1,12}", fields[4], re.ASCII):
        return None
    return Tracking(synchronised=fields[13] != "Not synchronised", offset=float(fields[4]))


def parse_properties(text: str) -> Mapping[str, str]:
    """`systemctl show` and its like → what each property is."""
    return {name: value for name, found, value in (line.partition("=") for line in text.splitlines()) if found}


async def _grown(commands: HostCommands) -> bool:
    """Whether the host has run long enough to have found the time."""
    found = re.match(r"\d{1,12}", await read_file(commands, "/proc/uptime") or "", re.ASCII)
    return found is None or float(found[0]) > YOUNG


def _said(done: Completed | None) -> str:
    return done.stdout if done is not None and done.code == 0 else ""


def _unset(estate: str, command: str) -> Finding:
    return Finding(
        check="clock",
        subject=host(estate),
        reason="ClockNotSynchronised",
        summary=f"the clock of {estate} is not set by any time server, and drifts",
        evidence=(Evidence(what="synchronised", value="no", command=command),),
    )


def _off(estate: str, offset: float) -> Finding:
    return Finding(
        check="clock",
        subject=host(estate),
        reason="ClockOff",
        summary=f"the clock of {estate} is {abs(offset):.1f} s off",
        severity=Severity.CRITICAL if abs(offset) > TOO_FAR else Severity.WARNING,
        evidence=(Evidence(what="offset", value=f"{offset:+.3f} s", command="chronyc tracking"),),
    )
