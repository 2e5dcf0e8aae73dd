"""A host that is short of memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import host, read_file
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

MEMINFO, PRESSURE = "/proc/meminfo", "/proc/pressure/memory"

WARN, CRITICAL = 10.0, 5.0
"""Per cent of memory still available below which it is a warning, and critical (memory > 90 % in use)."""

STALLED = 10.0
"""Per cent of the last five minutes in which every task waited for memory (PSI `full avg300`): above this, work stands still."""

_MEMINFO = re.compile(r"^(MemTotal|MemAvailable):\s+(\d{1,15}) kB\s*$", re.MULTILINE)
_FULL = re.compile(r"^full\b.*\bavg300=(\d{1,3}(?:\.\d{1,6})?)\s", re.MULTILINE)


@host_check(every=timedelta(minutes=1))
async def memory_pressure(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """Less than 10 % of memory is available (critical below 5 %), or tasks have stood still for want of it for five minutes."""
    text = await read_file(commands, MEMINFO)
    if text is None:
        return ()
    available = available_percent(parse_meminfo(text))
    if available is None:
        raise BlindError(f"{MEMINFO} does not tell how much memory is available", reason="Malformed", command=f"cat {MEMINFO}")
    stalled = stalled_percent(await read_file(commands, PRESSURE) or "")
    if available >= WARN and stalled <= STALLED:
        return ()
    short = available < WARN
    what = f"{available:.0f} % of memory is available" if short else f"tasks stood still for memory {stalled:.0f} % of five minutes"
    seen = Evidence(what="memory available", value=f"{available:.0f}%", command=f"grep -E 'MemTotal|MemAvailable' {MEMINFO}")
    pressure = Evidence(what="stalled (full avg300)", value=f"{stalled:.0f}%", command=f"cat {PRESSURE}")
    return (
        Finding(
            check="memory_pressure",
            subject=host(estate),
            reason="MemoryPressure",
            summary=f"{estate} is short of memory: {what}",
            severity=Severity.CRITICAL if available < CRITICAL else Severity.WARNING,
            evidence=(seen, pressure),
        ),
    )


def parse_meminfo(text: str) -> Mapping[str, int]:
    """/proc/meminfo → kB of MemTotal and MemAvailable, as far as they are there."""
    return {name: int(value) for name, value in _MEMINFO.findall(text)}


def available_percent(meminfo: Mapping[str, int]) -> float | None:
    """None where the numbers are missing or make no sense."""
    total, available = meminfo.get("MemTotal", 0), meminfo.get("MemAvailable")
    if available is None or not 0 <= available <= total or total == 0:
        return None
    return 100 * available / total


def stalled_percent(pressure: str) -> float:
    """/proc/pressure/memory → `full avg300`; 0 where the kernel does not tell."""
    found = _FULL.search(pressure)
    return min(100.0, float(found[1])) if found else 0.0
