"""Nodes that somebody closed and may have forgotten."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.node_cordoned import node_cordoned
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, node


def look(*objects: Json) -> list[Finding]:
    return judge(node_cordoned, *objects, now=NOW)


def cordoned(since: str | None = None) -> Json:
    taints = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": since}]
    return node(spec={"unschedulable": True, "taints": taints})


def test_maintenance_is_given_a_day() -> None:
    assert [f.state for f in look(cordoned(ago(hours=3)))] == [FindingState.PROGRESSING]


@pytest.mark.parametrize("objects", [[cordoned()], [cordoned(ago(days=3))]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", "Cordoned")


@pytest.mark.parametrize("objects", [[node()], [node(spec={"unschedulable": True}, meta={"deletionTimestamp": ago(minutes=1)})]])
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
