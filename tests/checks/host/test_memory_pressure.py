"""Shortage of memory, by what the kernel tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.memory_pressure import available_percent, memory_pressure, parse_meminfo, stalled_percent
from stead.domain.errors import BlindError
from stead.domain.finding import Severity
from stead.ports import Completed

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CALM = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"


def meminfo(available: int) -> str:
    return f"MemTotal:       1000 kB\nMemFree:          10 kB\nMemAvailable:    {available} kB\n"


class Host:
    def __init__(self, memory: str | None, pressure: str | None = CALM) -> None:
        self.files = {"/proc/meminfo": memory, "/proc/pressure/memory": pressure}

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        text = self.files[argv[1]]
        missing = f"cat: {argv[1]}: No such file or directory"
        return Completed(code=0, stdout=text, stderr="") if text is not None else Completed(code=1, stdout="", stderr=missing)


@pytest.mark.parametrize(("available", "severity"), [(500, None), (100, None), (99, Severity.WARNING), (49, Severity.CRITICAL)])
async def test_the_thresholds(available: int, severity: Severity | None) -> None:
    found = await memory_pressure.run(Host(meminfo(available)), "home", NOW)
    assert [f.severity for f in found] == ([severity] if severity else [])


async def test_work_that_stands_still_counts_though_memory_looks_free() -> None:
    (found,) = await memory_pressure.run(
        Host(meminfo(500), CALM.replace("full avg10=0.00 avg60=0.00 avg300=0.00", "full avg300=42.5")), "home", NOW
    )
    assert "42 %" in found.summary


@pytest.mark.parametrize(("free", "waiting", "reasons"), [(9, 11, ["SwapFull"]), (9, 9, []), (11, 50, []), (0, 0, [])])
async def test_full_swap_is_a_fault_only_when_somebody_waits(free: int, waiting: int, reasons: list[str]) -> None:
    memory = meminfo(500) + f"SwapTotal:     100 kB\nSwapFree:      {free} kB\n"
    pressure = CALM.replace("some avg10=0.00 avg60=0.00 avg300=0.00", f"some avg10=0.00 avg60=0.00 avg300={waiting}.00")
    assert [f.reason for f in await memory_pressure.run(Host(memory, pressure), "home", NOW)] == reasons


async def test_kernels_that_do_not_tell_are_not_covered_and_odd_answers_are_blind() -> None:
    assert await memory_pressure.run(Host(None), "home", NOW) == ()
    assert await memory_pressure.run(Host(meminfo(500), None), "home", NOW) == ()
    with pytest.raises(BlindError):
        await memory_pressure.run(Host("MemTotal:  1000 kB\nMemAvail"), "home", NOW)


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    percent = available_percent(parse_meminfo(text))
    assert percent is None or 0 <= percent <= 100
    assert 0 <= stalled_percent(text) <= 100
