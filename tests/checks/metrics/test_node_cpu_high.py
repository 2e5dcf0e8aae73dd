"""A node's CPU above 90 %: a fault when it stays so, and nothing that passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from stead.checks.metrics.node_cpu_high import node_cpu_high
from stead.domain.finding import Finding, Progressing
from stead.domain.gauge import Gauge, Measure
from stead.testing.objects import NOW

Make = Callable[..., Gauge]


def test_above_the_bound_for_a_quarter_of_an_hour_is_a_fault(gauge: Make) -> None:
    found = node_cpu_high.run(gauge(Measure.NODE_CPU, *[50.0] * 5, *[95.0] * 16), NOW)
    assert isinstance(found, Finding)
    assert (found.reason, found.summary) == ("CPUHigh", "node node-3 has used 95 % of its CPU")
    assert found.since == NOW - timedelta(minutes=15)
    assert (found.evidence[0].value, found.evidence[0].command) == ("95 %", "kubectl top nodes")


def test_a_shorter_while_waits_for_its_deadline(gauge: Make) -> None:
    found = node_cpu_high.run(gauge(Measure.NODE_CPU, 50.0, *[95.0] * 6), NOW)
    assert isinstance(found, Progressing)
    assert found.until == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("values", [[], [50.0] * 60, [90.0] * 60, [*[99.0] * 60, 20.0]])
def test_what_is_not_above_it_now_is_nothing(gauge: Make, values: list[float]) -> None:
    assert node_cpu_high.run(gauge(Measure.NODE_CPU, *values), NOW) is None


def test_a_measure_that_was_away_for_long_says_nothing_of_that_while(gauge: Make) -> None:
    sparse = gauge(Measure.NODE_CPU, 95.0, 95.0, 95.0, every=1200.0)
    thin = Gauge(measure=sparse.measure, subject=sparse.subject, series=sparse.series, capacity=100.0, every=60.0, command=sparse.command)
    assert isinstance(node_cpu_high.run(thin, NOW), Progressing)


def test_a_node_without_capacity_is_nothing_to_judge(gauge: Make) -> None:
    found = node_cpu_high.run(gauge(Measure.NODE_CPU, *[0.0] * 30, capacity=0.0), NOW)
    assert found is None
