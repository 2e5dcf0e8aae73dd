"""Claims that get no volume."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pvc_pending import pvc_pending
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, claim, pending, pod, storage_class

USES = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
WAITS = storage_class(binding="WaitForFirstConsumer")
NO_VOLUME = pending(message="0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.", spec=USES)


def default_class(binding: str = "Immediate") -> Json:
    made = storage_class("usual", binding)
    return made | {"metadata": made["metadata"] | {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}


def look(*objects: Json) -> list[Finding]:
    return judge(pvc_pending, *objects, now=NOW)


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([claim(phase="Lost", spec={"volumeName": "pv-1"})], "VolumeLost"),
        ([claim(), storage_class()], "NotBound"),
        ([claim()], "StorageClassMissing"),
        ([claim(), WAITS, NO_VOLUME], "NotBound"),
        ([claim(meta={"annotations": {"volume.kubernetes.io/selected-node": "node-3"}}), WAITS, pending(spec=USES)], "NotBound"),
        ([claim(spec={}), default_class(), pending(spec=USES)], "NotBound"),
        ([claim(spec={}), storage_class()], "NoDefaultClass"),
    ],
)
def test_one_that_nobody_fills_is_told(objects: list[Json], reason: str) -> None:
    assert [(f.state, f.reason) for f in look(*objects)] == [(FindingState.FIRING, reason)]


@pytest.mark.parametrize(
    "objects",
    [
        [claim(phase="Bound"), storage_class()],
        [claim(), WAITS],
        [claim(), WAITS, pending(message="0/3 nodes are available: 3 Insufficient cpu.", spec=USES)],
        [claim(), WAITS, pod(phase="Succeeded", spec=USES)],
        [claim(meta={"deletionTimestamp": ago(minutes=1)}), storage_class()],
        [claim(phase="")],
        [claim(spec={}), default_class("WaitForFirstConsumer")],
        [claim(spec={}, meta={"annotations": {"volume.beta.kubernetes.io/storage-class": "fast"}}), WAITS],
    ],
)
def test_one_that_waits_as_it_is_meant_to_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


def test_a_new_claim_is_given_time() -> None:
    assert [f.state for f in look(claim(meta={"creationTimestamp": ago(minutes=1)}), storage_class())] == [FindingState.PROGRESSING]
