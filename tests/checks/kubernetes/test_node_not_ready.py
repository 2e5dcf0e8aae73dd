"""Nodes that are not ready."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.node_not_ready import node_not_ready
from stead.domain.finding import FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, metadata, node

BARE = {"apiVersion": "v1", "kind": "Node", "metadata": metadata("node-3", "")}


@pytest.mark.parametrize("sick", [node(ready="Unknown", since=ago(seconds=1)), node(ready="False"), BARE])
def test_a_node_that_is_not_ready_is_critical(sick: Json) -> None:
    (found,) = judge(node_not_ready, sick, now=NOW)
    assert (found.state, found.reason, found.severity) == (FindingState.FIRING, "NotReady", Severity.CRITICAL)


def test_a_cordoned_one_is_somebodys_work() -> None:
    assert judge(node_not_ready, node(ready="False", spec={"unschedulable": True}), now=NOW)[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    "early",
    [node(ready="False", since=ago(seconds=20)), node(ready="Unknown", meta={"creationTimestamp": ago(minutes=2)})],
)
def test_a_moment_and_a_new_node_are_given_time(early: Json) -> None:
    assert [f.state for f in judge(node_not_ready, early, now=NOW)] == [FindingState.PROGRESSING]


@pytest.mark.parametrize("healthy", [node(), node(ready="False", meta={"deletionTimestamp": ago(minutes=1)})])
def test_a_ready_or_leaving_node_is_silence(healthy: Json) -> None:
    assert judge(node_not_ready, healthy, now=NOW) == []
