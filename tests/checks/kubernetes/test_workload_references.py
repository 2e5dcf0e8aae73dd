"""Workloads whose pods ask for what does not exist."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.workload_references import workload_references
from stead.domain.finding import Finding, FindingState
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.slices import Deployment
from stead.estate.kubernetes.view import View
from stead.testing.checks import judge
from stead.testing.kinds import template, thing
from stead.testing.objects import NOW, Json, ago, claim, condition, config_map, deployment, pod, replica_set, waiting


def asking(meta: Json | None = None, replicas: int = 2, conditions: list[Json] | None = None, **spec: Any) -> Json:
    status = {} if conditions is None else {"conditions": conditions}
    return deployment(replicas=replicas, meta=meta or {}, spec={"template": template(**spec)}, status=status)


def look(*objects: Json) -> list[Finding]:
    return judge(workload_references, *objects, now=NOW)


CLAIM = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
MAP = [{"name": "c", "configMap": {"name": "settings"}}]


def reading(key: str, optional: bool = False) -> list[Json]:
    source = {"configMapKeyRef": {"name": "settings", "key": key, "optional": optional}}
    return [{"name": "app", "env": [{"name": "MODE", "valueFrom": source}]}]


@pytest.mark.parametrize(
    ("objects", "reason", "cause"),
    [
        ([asking(serviceAccountName="bot")], "ServiceAccountMissing", "ServiceAccount payments/bot"),
        ([asking(priorityClassName="high")], "PriorityClassMissing", "PriorityClass high"),
        ([asking(runtimeClassName="gvisor")], "RuntimeClassMissing", "RuntimeClass gvisor"),
        ([asking(volumes=CLAIM)], "ClaimMissing", "PersistentVolumeClaim payments/data"),
        ([asking(volumes=MAP)], "ConfigMapMissing", "ConfigMap payments/settings"),
        ([asking(containers=reading("MODE")), config_map(OTHER="x")], "ConfigKeyMissing", "ConfigMap payments/settings"),
        (
            [thing("CronJob", spec={"jobTemplate": {"spec": {"template": template(serviceAccountName="bot")}}})],
            "ServiceAccountMissing",
            "ServiceAccount payments/bot",
        ),
        ([thing("DaemonSet", spec={"template": template(priorityClassName="high")})], "PriorityClassMissing", "PriorityClass high"),
    ],
)
def test_what_is_missing_is_told(objects: list[Json], reason: str, cause: str) -> None:
    (found,) = look(*objects)
    assert (found.state, found.reason, str(found.depends_on[0])) == (FindingState.FIRING, reason, cause)
    assert str(found.blames) == cause, "it speaks with all that lack the same"


@pytest.mark.parametrize(
    "objects",
    [
        [asking()],
        [asking(serviceAccountName="default", priorityClassName="system-node-critical")],
        [asking(serviceAccountName="bot"), thing("ServiceAccount", "bot")],
        [asking(volumes=CLAIM), claim()],
        [asking(containers=reading("MODE", optional=True))],
        [asking(volumes=[{"name": "c", "configMap": {"name": "settings", "optional": True}}])],
        [asking(replicas=0, serviceAccountName="bot")],
        [asking(volumes=MAP), replica_set(), pod(phase="Pending", statuses=[waiting("ContainerCreating")])],
        [asking({"deletionTimestamp": ago(minutes=1)}, serviceAccountName="bot")],
        [thing("CronJob", spec={"suspend": True, "jobTemplate": {"spec": {"template": template(serviceAccountName="bot")}}})],
        [thing("ReplicationController", spec={"template": None})],
    ],
)
def test_what_is_there_optional_or_not_wanted_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


def test_what_was_just_applied_is_given_time() -> None:
    fresh = [condition("Progressing", reason="ReplicaSetUpdated", lastUpdateTime=ago(seconds=20))]
    assert [f.state for f in look(asking(conditions=fresh, serviceAccountName="bot"))] == [FindingState.PROGRESSING]


def test_kinds_that_were_not_read_are_not_missing() -> None:
    view = View("home")
    view.put(convert_object(Deployment, asking(serviceAccountName="bot", priorityClassName="high", volumes=[*CLAIM, *MAP])))
    runner = Runner(view, [workload_references])
    runner.full(NOW)
    assert runner.current() == {}
