"""Nodes that run out of something."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.node_pressure import node_pressure
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, ago, condition, node


@pytest.mark.parametrize("type_", ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"])
def test_each_pressure_is_a_fault_of_its_own(type_: str) -> None:
    (found,) = judge(node_pressure, node(conditions=[condition(type_)]), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, type_)
    assert judge(node_pressure, node(conditions=[condition(type_, "False")]), now=NOW) == []
    assert judge(node_pressure, node(conditions=[condition(type_, "Unknown")]), now=NOW) == []


def test_several_pressures_are_several_faults() -> None:
    found = judge(node_pressure, node(conditions=[condition("DiskPressure"), condition("PIDPressure")]), now=NOW)
    assert {f.reason for f in found} == {"DiskPressure", "PIDPressure"}


def test_a_joining_node_has_no_network_for_a_while() -> None:
    joining = node(conditions=[condition("NetworkUnavailable", since=ago(minutes=1))], meta={"creationTimestamp": ago(minutes=1)})
    assert [f.state for f in judge(node_pressure, joining, now=NOW)] == [FindingState.PROGRESSING]


def test_a_leaving_node_is_silence() -> None:
    assert judge(node_pressure, node(conditions=[condition("DiskPressure")], meta={"deletionTimestamp": ago(minutes=1)}), now=NOW) == []
