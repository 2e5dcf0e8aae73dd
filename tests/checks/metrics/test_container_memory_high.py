"""A container at its limit: a fault when it stays so, and nothing that passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from stead.checks.metrics.container_memory_high import container_memory_high
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.gauge import Gauge, Measure
from stead.testing.objects import NOW

Make = Callable[..., Gauge]


def test_above_the_bound_for_a_quarter_of_an_hour_is_a_fault_of_its_workload(gauge: Make) -> None:
    found = container_memory_high.run(gauge(Measure.CONTAINER_MEMORY, 10.0, *[97.0] * 16), NOW)
    assert isinstance(found, Finding)
    assert (found.reason, found.severity, found.container) == ("MemoryNearLimit", Severity.WARNING, "app")
    assert found.summary == "container app of payments/api-7c9f-x2x4z has used 97 % of its memory limit"
    assert (found.since, str(found.top)) == (NOW - timedelta(minutes=15), "Deployment payments/api")


def test_a_shorter_while_waits_for_its_deadline(gauge: Make) -> None:
    found = container_memory_high.run(gauge(Measure.CONTAINER_MEMORY, 10.0, *[97.0] * 6), NOW)
    assert isinstance(found, Progressing)
    assert found.until == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("values", [[], [94.0] * 60, [*[97.0] * 60, 20.0], [*[97.0] * 60, 94.0]])
def test_what_is_not_above_it_now_is_nothing(gauge: Make, values: list[float]) -> None:
    assert container_memory_high.run(gauge(Measure.CONTAINER_MEMORY, *values), NOW) is None


def test_a_container_without_capacity_is_nothing_to_judge(gauge: Make) -> None:
    assert container_memory_high.run(gauge(Measure.CONTAINER_MEMORY, *[0.0] * 30, capacity=0.0), NOW) is None
