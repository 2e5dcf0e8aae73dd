"""Quotas that keep pods from being created."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.quota_exhausted import quota_exhausted
from stead.domain.finding import Finding
from stead.domain.quantities import quantity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, deployment, replica_set


def quota(meta: Json | None = None, hard: Any = "4", used: Any = "4", resource: str = "pods") -> Json:
    return thing("ResourceQuota", "team", meta, status={"hard": {resource: hard}, "used": {resource: used}})


def refused(name: str = "team") -> Json:
    says = f'pods "api-1" is forbidden: exceeded quota: {name}, requested: pods=1, used: pods=4, limited: pods=4'
    return replica_set() | {"status": {"conditions": [condition("ReplicaFailure", reason="FailedCreate", message=says)]}}


def stateful(replicas: int = 2, have: int = 1, **meta: Any) -> Json:
    return thing(
        "StatefulSet", "db", {"generation": 1} | meta, spec={"replicas": replicas}, status={"replicas": have, "observedGeneration": 1}
    )


def look(*objects: Json) -> list[Finding]:
    return judge(quota_exhausted, *objects, now=NOW)


@pytest.mark.parametrize(
    ("objects", "blocked"),
    [
        ([quota(), refused(), deployment()], "Deployment payments/api"),
        ([quota() | {"spec": {"scopes": ["NotTerminating"]}}, refused(), deployment()], "Deployment payments/api"),
        ([quota(), stateful()], "StatefulSet payments/db"),
        ([quota(hard="2", used="2000m", resource="requests.cpu"), stateful()], "StatefulSet payments/db"),
        ([quota(), thing("Job", "import", status={"startTime": ago(minutes=20)})], "Job payments/import"),
        (
            [quota(), thing("DaemonSet", "agent", status={"desiredNumberScheduled": 3, "currentNumberScheduled": 1})],
            "DaemonSet payments/agent",
        ),
    ],
)
def test_one_that_somebody_runs_into_is_told(objects: list[Json], blocked: str) -> None:
    (found,) = look(*objects)
    assert found.reason == "Exhausted"
    assert blocked in found.summary


@pytest.mark.parametrize(
    "objects",
    [
        [quota()],
        [quota(used="3"), stateful()],
        [quota(resource="requests.storage"), stateful()],
        [quota(), refused("other"), deployment()],
        [quota(), stateful(have=2)],
        [quota(), stateful(creationTimestamp=ago(minutes=1))],
        [quota(meta={"deletionTimestamp": ago(minutes=1)}), stateful()],
        [quota(hard="lots"), stateful()],
        [quota() | {"spec": {"scopes": ["BestEffort"]}}, stateful()],
        [quota() | {"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}}}, stateful()],
        [quota(), thing("Job", "import", spec={"suspend": True}, status={"startTime": ago(minutes=20)})],
    ],
)
def test_one_that_nobody_runs_into_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", 0.5),
        ("1Gi", 1 << 30),
        ("2", 2),
        ("1.5k", 1500),
        ("2e3", 2000),
        ("1E", 10**18),
        (4, 4),
        ("", None),
        ("five", None),
        ("1 Gi", None),
    ],
)
def test_quantities_are_numbers(text: Any, number: float | None) -> None:
    assert quantity(text) == number
