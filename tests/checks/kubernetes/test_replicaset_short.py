"""ReplicaSets and ReplicationControllers without a Deployment that lack pods."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.replicaset_short import replicaset_short
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, owner


def controller(kind: str = "ReplicaSet", have: int = 0, want: int = 2, meta: Json | None = None, **status: Any) -> Json:
    known = {"observedGeneration": 1, "replicas": have, "readyReplicas": have}
    return thing(kind, "web", {"generation": 1} | (meta or {}), spec={"replicas": want}, status=known | status)


def look(*objects: Json) -> list[Finding]:
    return judge(replicaset_short, *objects, now=NOW)


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
def test_one_without_enough_pods_is_told(kind: str) -> None:
    assert [(f.state, f.reason) for f in look(controller(kind))] == [(FindingState.FIRING, "TooFewReady")]


@pytest.mark.parametrize(
    ("says", "words", "causes"),
    [
        ("exceeded quota: team, requested: pods=1", "quota `team` does not allow more", ["ResourceQuota payments/team"]),
        (
            'error looking up service account payments/bot: serviceaccount "bot" not found',
            "service account `bot` does not exist",
            ["ServiceAccount payments/bot"],
        ),
        ('failed calling webhook "guard.example.com": no endpoints', "webhook `guard.example.com` cannot be called", []),
        ('admission webhook "guard.example.com" denied the request: no', "webhook `guard.example.com` refuses them", []),
        ("no PriorityClass with name high was found", "priority class `high` does not exist", ["PriorityClass high"]),
        ('pods "x" is forbidden: violates PodSecurity "restricted:latest": y', "pod security level `restricted:latest`", []),
        ("maximum cpu usage per Container is 1, but limit is 2", "maximum cpu usage per Container is 1", []),
        ("something new", "cannot create its pods", []),
    ],
)
def test_why_its_pods_are_refused_is_named(says: str, words: str, causes: list[str]) -> None:
    (found,) = look(controller(conditions=[condition("ReplicaFailure", reason="FailedCreate", message=says)]))
    assert found.reason == "ReplicaFailure"
    assert words in found.summary
    assert [str(s) for s in found.depends_on][: len(causes)] == causes


@pytest.mark.parametrize(
    "healthy",
    [
        controller(have=2),
        controller(want=0),
        controller(meta={"ownerReferences": owner("Deployment", "web")}),
        controller(meta={"generation": 2}),
        controller(meta={"deletionTimestamp": ago(minutes=1)}),
    ],
)
def test_one_that_has_its_pods_or_is_a_deployments_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_a_new_one_is_given_time() -> None:
    assert [f.state for f in look(controller(meta={"creationTimestamp": ago(minutes=1)}))] == [FindingState.PROGRESSING]
