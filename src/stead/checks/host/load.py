"""A host with more work than it can do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, read_file
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.ports import HostCommands

LOAD, IO = "/proc/loadavg", "/proc/pressure/io"
CPUS = ("getconf", "_NPROCESSORS_ONLN")

CROWDED = 4.0
"""Tasks for each processor, over 15 minutes, above which everything waits its turn."""

STALLED = 50.0
"""Per cent of the last five minutes in which every task waited for a disk (PSI `full avg300`,
https://docs.kernel.org/accounting/psi.html)."""

_LOAD = re.compile(r"\d{1,7}\.\d\d \d{1,7}\.\d\d (?P<quarter>\d{1,7}\.\d\d) \d+/\d+ \d+\s*")
_FULL = re.compile(r"^full\b.*\bavg300=(\d{1,3}(?:\.\d{1,6})?)\s", re.MULTILINE)


@host_check(every=timedelta(minutes=1))
async def load(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """For 15 minutes more than four tasks a processor wanted to run, or work stood still for a disk half of five."""
    text = await read_file(commands, LOAD)
    if text is None:
        return ()
    quarter, cpus = parse_load(text), await _processors(commands)
    if quarter is None:
        raise BlindError(f"{LOAD} cannot be read as a load", reason="Malformed", command=f"cat {LOAD}")
    found: list[Finding] = []
    if quarter > CROWDED * cpus:
        found.append(
            _finding(
                estate,
                "Overloaded",
                f"{quarter:g} tasks want to run on {cpus} processors",
                "load over 15 minutes",
                f"{quarter:g}",
                "uptime",
            )
        )
    if (stalled := stalled_percent(await read_file(commands, IO) or "")) > STALLED:
        words = f"work stood still for a disk {stalled:.0f} % of five minutes"
        found.append(_finding(estate, "StalledOnDisk", words, "stalled (full avg300)", f"{stalled:.0f}%", f"cat {IO}"))
    return found


async def _processors(commands: HostCommands) -> int:
    """How many processors are on; 1 where nobody tells."""
    done = await ask(commands, CPUS)
    text = "" if done is None else done.stdout.strip()
    return max(1, int(text)) if re.fullmatch(r"\d{1,5}", text, re.ASCII) else 1


def parse_load(text: str) -> float | None:
    """/proc/loadavg → the load over 15 minutes; None for what is not whole."""
    found = _LOAD.fullmatch(text)
    return None if found is None else float(found["quarter"])


def stalled_percent(pressure: str) -> float:
    """/proc/pressure/io → `full avg300`; 0 where the kernel does not tell."""
    found = _FULL.search(pressure)
    return min(100.0, float(found[1])) if found else 0.0


def _finding(estate: str, reason: str, words: str, what: str, value: str, command: str) -> Finding:
    return Finding(
        check="load",
        subject=host(estate),
        reason=reason,
        summary=f"{estate} has more to do than it can: {words}",
        evidence=(Evidence(what=what, value=value, command=command),),
    )
