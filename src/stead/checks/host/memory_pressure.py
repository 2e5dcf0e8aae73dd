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

SWAPPED, SWAPPING = 10.0, 10.0
"""Per cent of swap still free, and per cent of five minutes in which some task waited for memory (PSI `some avg300`): full swap alone is no
fault, for what lies there may never be wanted again."""

_MEMINFO = re.compile(r"^(MemTotal|MemAvailable|SwapTotal|SwapFree):\s+(\d{1,15}) kB\s*$", re.MULTILINE)
_SOME = re.compile(r"^some\b.*\bavg300=(\d{1,3}(?:\.\d{1,6})?)\s", re.MULTILINE)
_FULL = re.compile(r"^full\b.*\bavg300=(\d{1,3}(?:\.\d{1,6})?)\s", re.MULTILINE)


@host_check(every=timedelta(minutes=1))
async def memory_pressure(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """Less than 10 % of memory is available (critical below 5 %), tasks stood still for it, or swap is full and they wait for it."""
    text = await read_file(commands, MEMINFO)
    if text is None:
        return ()
    meminfo = parse_meminfo(text)
    available = available_percent(meminfo)
    if available is None:
        raise BlindError(f"{MEMINFO} does not tell how much memory is available", reason="Malformed", command=f"cat {MEMINFO}")
    waiting = await read_file(commands, PRESSURE) or ""
    stalled = stalled_percent(waiting)
    if available >= WARN and stalled <= STALLED:
        return (_swap_full(estate, meminfo),) if is_swap_full(meminfo) and stalled_percent(waiting, _SOME) > SWAPPING else ()
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


def is_swap_full(meminfo: Mapping[str, int]) -> bool:
    """Whether there is swap, and hardly any of it is left."""
    total, free = meminfo.get("SwapTotal", 0), meminfo.get("SwapFree", 0)
    return 0 <= free < total * SWAPPED / 100


def _swap_full(estate: str, meminfo: Mapping[str, int]) -> Finding:
    free = f"{meminfo.get('SwapFree', 0) // 1024} of {meminfo['SwapTotal'] // 1024} MiB"
    return Finding(
        check="memory_pressure",
        subject=host(estate),
        reason="SwapFull",
        summary=f"{estate} has filled its swap, and programs wait for memory",
        evidence=(Evidence(what="swap free", value=free, command="free -m"),),
    )


def parse_meminfo(text: str) -> Mapping[str, int]:
    """/proc/meminfo → kB of memory and swap, as far as they are there."""
    return {name: int(value) for name, value in _MEMINFO.findall(text)}


def available_percent(meminfo: Mapping[str, int]) -> float | None:
    """None where the numbers are missing or make no sense."""
    total, available = meminfo.get("MemTotal", 0), meminfo.get("MemAvailable")
    if available is None or not 0 <= available <= total or total == 0:
        return None
    return 100 * available / total


def stalled_percent(pressure: str, line: re.Pattern[str] = _FULL) -> float:
    """/proc/pressure/memory → `full avg300`, or that of another line; 0 where the kernel does not tell."""
    found = line.search(pressure)
    return min(100.0, float(found[1])) if found else 0.0
