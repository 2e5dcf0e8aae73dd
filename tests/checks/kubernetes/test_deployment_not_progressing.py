"""Deployments that do not get where they should."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.deployment_not_progressing import deployment_not_progressing
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, deployment, node, pod, replica_set

EXCEEDED = condition("Progressing", "False", reason="ProgressDeadlineExceeded")
CAME_UP = condition("Progressing", reason="NewReplicaSetAvailable")
ROLLING = condition("Progressing", reason="ReplicaSetUpdated", lastUpdateTime=ago(minutes=2))


def look(*objects: Json) -> list[Finding]:
    return judge(deployment_not_progressing, *objects, now=NOW)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (deployment(available=1, conditions=[EXCEEDED, condition("Available")]), "ProgressDeadlineExceeded"),
        (deployment(available=0, conditions=[CAME_UP, condition("Available", "False")]), "Unavailable"),
        (deployment(available=0, conditions=[condition("Available", "False")]), "Unavailable"),
        (deployment(available=1, conditions=[ROLLING, condition("ReplicaFailure", reason="FailedCreate")]), "ReplicaFailure"),
        (deployment(available=0, conditions=[ROLLING | {"lastUpdateTime": ago(hours=2)}]), "ProgressDeadlineExceeded"),
    ],
)
def test_a_stuck_one_is_told(sick: Json, reason: str) -> None:
    (found,) = look(sick)
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert found.severity is (Severity.CRITICAL if "0 of 2 available" in found.summary else Severity.WARNING)


@pytest.mark.parametrize(
    "early",
    [
        deployment(available=1, conditions=[ROLLING, condition("Available", "False")]),
        deployment(available=0, conditions=[CAME_UP, condition("Available", "False", ago(minutes=1))]),
        deployment(available=0, conditions=[ROLLING, condition("ReplicaFailure", since=ago(seconds=20))]),
    ],
)
def test_one_on_its_way_is_progressing(early: Json) -> None:
    assert [f.state for f in look(early)] == [FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy",
    [
        deployment(),
        deployment(replicas=0, conditions=[EXCEEDED]),
        deployment(conditions=[EXCEEDED], spec={"paused": True}),
        deployment(conditions=[EXCEEDED], meta={"deletionTimestamp": ago(minutes=1)}),
        deployment(conditions=[EXCEEDED], meta={"generation": 4}),
        deployment(conditions=[]),
        deployment(conditions=[ROLLING, condition("Available")]),
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payments"}},
    ],
)
def test_one_as_it_is_meant_to_be_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_the_lost_nodes_of_its_pods_explain_it() -> None:
    unready = pod(conditions=[condition("Ready", "False")])
    sick = deployment(available=0, conditions=[condition("Available", "False")])
    (found,) = look(sick, replica_set(), unready, node(ready="Unknown"))
    assert [(s.kind, s.name) for s in found.depends_on] == [("Deployment", "api"), ("Node", "node-3")]


def test_a_refusal_blames_who_refuses() -> None:
    message = 'pods "api-7c9f-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3'
    refusal = condition("ReplicaFailure", reason="FailedCreate", message=message)
    (found,) = look(deployment(available=1, conditions=[ROLLING, refusal]))
    assert found.blames is not None and str(found.blames) == "ResourceQuota payments/small"
