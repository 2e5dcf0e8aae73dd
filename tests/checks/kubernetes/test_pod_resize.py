"""Pods that do not get their new CPU or memory."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.pod_resize import pod_resize
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, node, pod


def resized(type_: str, reason: str, status: str = "True", since: str = "", **more: Any) -> Json:
    return pod(conditions=[condition("Ready"), condition(type_, status, since or ago(hours=2), reason=reason)], **more)


def look(one: Json) -> list[Finding]:
    return judge(pod_resize, one, node(), now=NOW)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (resized("PodResizePending", "Infeasible"), "Infeasible"),
        (resized("PodResizePending", "Deferred"), "Deferred"),
        (resized("PodResizeInProgress", "Error"), "Failed"),
    ],
)
def test_one_that_does_not_get_it_is_told(sick: Json, reason: str) -> None:
    assert [(f.state, f.reason) for f in look(sick)] == [(FindingState.FIRING, reason)]


def test_waiting_for_room_is_given_an_hour() -> None:
    assert [f.state for f in look(resized("PodResizePending", "Deferred", since=ago(minutes=20)))] == [FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy",
    [
        pod(),
        resized("PodResizePending", "Infeasible", "False"),
        resized("PodResizeInProgress", ""),
        resized("PodResizePending", "Infeasible", meta={"deletionTimestamp": ago(minutes=1)}),
    ],
)
def test_one_that_has_what_it_asked_for_is_silence(healthy: Json) -> None:
    assert look(healthy) == []
