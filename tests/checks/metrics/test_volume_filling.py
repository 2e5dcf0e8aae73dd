"""A volume that is nearly full, or will be before anybody looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stead.checks.metrics.volume_filling import volume_filling
from stead.domain.finding import Finding, Severity
from stead.domain.gauge import Gauge, Measure
from stead.testing.objects import NOW

Make = Callable[..., Gauge]
GIB = float(2**30)
SIZE = 10 * GIB


def fill(gauge: Make, *parts: float, measure: Measure = Measure.VOLUME_BYTES, every: float = 300.0) -> Finding | None:
    found = volume_filling.run(gauge(measure, *(part * SIZE for part in parts), capacity=SIZE, every=every), NOW)
    assert found is None or isinstance(found, Finding)
    return found


@pytest.mark.parametrize(("part", "severity"), [(0.86, Severity.WARNING), (0.951, Severity.CRITICAL), (1.0, Severity.CRITICAL)])
def test_nearly_full_is_a_fault_by_one_look(gauge: Make, part: float, severity: Severity) -> None:
    found = fill(gauge, part)
    assert found is not None
    assert (found.reason, found.severity) == ("VolumeFull", severity)
    assert found.summary == f"volume payments/data-db-0 has used {part * 100:.0f} % of its space"


@pytest.mark.parametrize("parts", [[0.1], [0.85], [0.7] * 60, [0.7 + 0.001 * (n % 7) for n in range(60)]])
def test_room_that_does_not_shrink_is_no_fault(gauge: Make, parts: list[float]) -> None:
    assert fill(gauge, *parts) is None


def test_what_is_full_tomorrow_is_said_today_with_its_speed(gauge: Make) -> None:
    # One hundredth an hour from 60 to 66 %: 34 hours; twice as fast to 72 %: 14.
    slow = [0.60 + 0.06 * n / 72 for n in range(73)]
    fast = [0.60 + 0.12 * n / 72 for n in range(73)]
    assert fill(gauge, *slow) is None
    found = fill(gauge, *fast)
    assert found is not None
    assert found.severity is Severity.WARNING
    assert found.summary == "volume payments/data-db-0 has used 72 % of its space, and is full in 14 hours if that goes on"
    assert [(one.what, one.value) for one in found.evidence] == [("space in use", "7.2 GiB of 10.0 GiB"), ("grows by", "205 MiB an hour")]


def test_full_within_hours_is_critical(gauge: Make) -> None:
    found = fill(gauge, *(0.60 + 0.2 * n / 36 for n in range(37)))
    assert found is not None
    assert (found.severity, found.reason) == (Severity.CRITICAL, "VolumeFull")


def test_a_new_volume_that_fills_quickly_is_not_foretold(gauge: Make) -> None:
    assert fill(gauge, *(0.4 * n / 36 for n in range(37))) is None


def test_inodes_run_out_as_space_does(gauge: Make) -> None:
    found = volume_filling.run(gauge(Measure.VOLUME_INODES, 990_000.0, capacity=1_000_000.0), NOW)
    assert isinstance(found, Finding)
    assert (found.reason, found.evidence[0].value) == ("InodesFull", "990000 of 1000000")


def test_one_volume_is_one_fault_however_full_it_is(gauge: Make) -> None:
    first, second = fill(gauge, 0.86), fill(gauge, 0.99)
    assert first is not None
    assert second is not None
    assert first.fingerprint == second.fingerprint
