"""StatefulSets with too few ready pods."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.statefulset_short import statefulset_short
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, metadata, owner, pod


def statefulset(ready: int = 3, replicas: int = 3, observed: int = 1, **meta: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata("db", generation=1) | meta,
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": observed, "replicas": replicas, "readyReplicas": ready, "currentRevision": "db-1"},
    }


def member(number: int, ready: str = "True", since: str = "", **more: Any) -> Json:
    meta = {"ownerReferences": owner("StatefulSet", "db"), "labels": {}} | more
    return pod(f"db-{number}", meta=meta, conditions=[condition("Ready", ready, since)])


def look(*objects: Json) -> list[Finding]:
    return judge(statefulset_short, *objects, now=NOW)


@pytest.mark.parametrize(
    "objects",
    [
        [statefulset(ready=2)],
        [statefulset(ready=2), member(0), member(1), member(2, "False")],
        [statefulset(ready=2), member(0), member(1)],
    ],
)
def test_one_that_stays_short_is_told(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.reason) == (FindingState.FIRING, "TooFewReady")
    assert "2 of 3" in found.summary


def test_a_member_that_changed_a_moment_ago_is_still_coming_up() -> None:
    assert [f.state for f in look(statefulset(ready=2), member(0), member(1, "False", ago(minutes=1)))] == [FindingState.PROGRESSING]


def test_a_member_that_is_leaving_for_a_restart_is_not_missed_at_once() -> None:
    assert [f.state for f in look(statefulset(ready=0, replicas=1), member(0, deletionTimestamp=ago(seconds=-20)))] == [
        FindingState.PROGRESSING
    ]
    assert [f.state for f in look(statefulset(ready=0, replicas=1), member(0, deletionTimestamp=ago(minutes=10)))] == [FindingState.FIRING]


@pytest.mark.parametrize(
    "healthy",
    [
        statefulset(),
        statefulset(ready=0, replicas=0),
        statefulset(ready=1, observed=0),
        statefulset(ready=1, deletionTimestamp=ago(minutes=1)),
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "payments"}, "spec": {"replicas": 3}},
    ],
)
def test_a_full_or_scaled_down_one_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def updating(updated: int = 1, **spec: Any) -> Json:
    made = statefulset()
    status = made["status"] | {"updatedReplicas": updated, "updateRevision": "db-2"}
    return made | {"status": status, "spec": made["spec"] | spec}


def test_an_update_that_does_not_go_on_is_told() -> None:
    (found,) = look(updating(), *(member(number) for number in range(3)))
    assert (found.state, found.reason) == (FindingState.FIRING, "UpdateStuck")
    assert "1 of 3 updated" in found.summary


def test_an_update_waits_for_each_pod_as_long_as_it_was_told_to() -> None:
    ready = [member(number, since=ago(minutes=20)) for number in range(3)]
    for spec, state in (({}, FindingState.FIRING), ({"minReadySeconds": 3600}, FindingState.PROGRESSING)):
        assert [f.state for f in look(updating(**spec), *ready)] == [state]


def test_the_claims_of_the_members_that_it_lacks_are_counted_from_its_first_ordinal() -> None:
    short = statefulset(ready=1, replicas=2)
    short["spec"] |= {"ordinals": {"start": 5}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
    (found,) = look(short, member(5))
    assert [s.name for s in found.depends_on if s.kind == "PersistentVolumeClaim"] == ["data-db-6"]


@pytest.mark.parametrize(
    "held",
    [
        updating(3),
        updating(updateStrategy={"type": "OnDelete"}),
        updating(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}),
    ],
)
def test_an_update_that_is_held_on_purpose_is_silence(held: Json) -> None:
    assert look(held, *(member(number) for number in range(3))) == []


def test_claims_and_quotas_of_pods_that_are_not_made_are_what_it_depends_on() -> None:
    made = statefulset(ready=1, replicas=2)
    made["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    made["status"]["replicas"] = 1
    (found,) = look(made, member(0), thing("ResourceQuota", "team"))
    assert {"PersistentVolumeClaim payments/data-db-1", "ResourceQuota payments/team"} <= {str(s) for s in found.depends_on}
