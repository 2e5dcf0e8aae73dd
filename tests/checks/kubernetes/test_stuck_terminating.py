"""Objects that finalizers keep."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.stuck_terminating import stuck_terminating
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, metadata, pod


def gone(kind: str, *finalizers: str, minutes: int = 30, **parts: object) -> Json:
    return thing(kind, "data", {"deletionTimestamp": ago(minutes=minutes), "finalizers": list(finalizers)}, **parts)


def look(*objects: Json) -> list[Finding]:
    return judge(stuck_terminating, *objects, now=NOW)


MOUNTS = pod(spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]})
KEPT = "kubernetes.io/pvc-protection"


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (gone("Service", "service.kubernetes.io/load-balancer-cleanup"), "Finalizers"),
        (gone("Deployment", "foregroundDeletion"), "Finalizers"),
        (gone("PersistentVolumeClaim", KEPT), "Finalizers"),
        (gone("PersistentVolume", "external-provisioner.volume.kubernetes.io/finalizer"), "Finalizers"),
        (gone("Ingress"), "NotFinished"),
    ],
)
def test_what_is_kept_is_told(sick: Json, reason: str) -> None:
    assert [(f.state, f.reason) for f in look(sick)] == [(FindingState.FIRING, reason)]


@pytest.mark.parametrize(
    "objects",
    [
        [gone("PersistentVolumeClaim", KEPT), MOUNTS],
        [gone("PersistentVolume", "kubernetes.io/pv-protection", status={"phase": "Bound"})],
        [{"apiVersion": "v1", "kind": "Service", "metadata": metadata("api", finalizers=["x"])}],
    ],
)
def test_what_is_still_in_use_or_not_deleted_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


def test_it_is_given_fifteen_minutes() -> None:
    assert [f.state for f in look(gone("Service", "x", minutes=5))] == [FindingState.PROGRESSING]
