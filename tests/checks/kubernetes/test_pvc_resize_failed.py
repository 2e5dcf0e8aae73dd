"""Claims that do not get their new size or class."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.pvc_resize_failed import pvc_resize_failed
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, claim, condition, pod

MOUNTS = pod(spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]})


def grown(*conditions: Json, **status: Any) -> Json:
    made = claim(phase="Bound", spec={"volumeName": "pv-1"})
    return made | {"status": made["status"] | {"conditions": list(conditions)} | status}


def look(*objects: Json) -> list[Finding]:
    return judge(pvc_resize_failed, *objects, now=NOW)


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([grown(condition("ControllerResizeError", message="quota"))], "ResizeFailed"),
        ([grown(condition("NodeResizeError"))], "ResizeFailed"),
        ([grown(allocatedResourceStatuses={"storage": "ControllerResizeInfeasible"})], "Infeasible"),
        ([grown(modifyVolumeStatus={"status": "Infeasible", "targetVolumeAttributesClassName": "gold"})], "ClassInfeasible"),
        ([grown(condition("Resizing"))], "ResizeSlow"),
        ([grown(condition("FileSystemResizePending")), MOUNTS], "ResizeSlow"),
    ],
)
def test_one_that_does_not_grow_is_told(objects: list[Json], reason: str) -> None:
    assert [(f.state, f.reason) for f in look(*objects)] == [(FindingState.FIRING, reason)]


@pytest.mark.parametrize(
    "healthy",
    [
        grown(),
        grown(condition("FileSystemResizePending")),
        grown(condition("ControllerResizeError", "False")),
        grown(allocatedResourceStatuses={"storage": "NodeResizePending"}),
        claim(),
    ],
)
def test_one_that_has_its_size_or_waits_for_a_pod_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_a_class_that_is_not_there_is_waited_for_and_then_told() -> None:
    waits = grown(modifyVolumeStatus={"status": "Pending", "targetVolumeAttributesClassName": "gold"})
    assert [(f.state, f.reason) for f in look(waits)] == [(FindingState.PROGRESSING, "ClassPending")]
    assert look(grown(modifyVolumeStatus={"status": "InProgress", "targetVolumeAttributesClassName": "gold"})) == []


def test_growing_is_given_half_an_hour() -> None:
    assert [f.state for f in look(grown(condition("Resizing", since=ago(minutes=5))))] == [FindingState.PROGRESSING]
