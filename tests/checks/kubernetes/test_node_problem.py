"""Nodes whose watchdogs find something wrong."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.node_problem import LACKS, SAYS, UNINITIALIZED, node_problem
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, node


def tainted(since: str) -> Json:
    return node(spec={"taints": [{"key": UNINITIALIZED, "effect": "NoSchedule", "timeAdded": since}]})


@pytest.mark.parametrize("type_", sorted(SAYS))
def test_what_the_problem_detector_says_is_told(type_: str) -> None:
    (found,) = judge(node_problem, node(conditions=[condition(type_, message="see the journal")]), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, type_)


@pytest.mark.parametrize("type_", sorted(LACKS))
def test_what_a_monitoring_agent_misses_is_told(type_: str) -> None:
    assert [f.reason for f in judge(node_problem, node(conditions=[condition(type_, "False")]), now=NOW)] == [type_]
    assert judge(node_problem, node(conditions=[condition(type_, "True")]), now=NOW) == []


def test_a_node_that_nobody_sets_up_is_told_after_ten_minutes() -> None:
    states = [f.state for since in (ago(minutes=30), ago(minutes=2)) for f in judge(node_problem, tainted(since), now=NOW)]
    assert states == [FindingState.FIRING, FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy",
    [
        node(),
        node(conditions=[condition("KernelDeadlock", "False"), condition("EtcdIsVoter"), condition("ReadonlyFilesystem", "Unknown")]),
        node(meta={"deletionTimestamp": ago(minutes=1)}, conditions=[condition("KernelDeadlock")]),
    ],
)
def test_a_node_that_is_well_or_says_what_nobody_knows_is_silence(healthy: Json) -> None:
    assert judge(node_problem, healthy, now=NOW) == []
