"""A pod that is calm by its own word need not be asked by each check: none of them would say anything of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.discover import shelves
from stead.checks.kubernetes.pods import calm
from stead.declare import Check
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.slices import Pod
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, container_status, ended, node, pod, waiting

GATED = [check for check in shelves().checks.values() if check.unless is calm]

STATUSES = st.sampled_from(
    [
        container_status(),
        container_status(ready=False),
        container_status(restartCount=4, lastState=ended(1)),
        container_status(state={"running": {"startedAt": ago(minutes=1)}}, restartCount=9, lastState=ended(137, "OOMKilled")),
        container_status(state=ended(0, "Completed"), ready=False),
        container_status(state={}),
        waiting("CrashLoopBackOff", restartCount=14, lastState=ended(1)),
        waiting("ImagePullBackOff"),
        waiting("CreateContainerConfigError", 'secret "x" not found'),
        waiting("ContainerCreating"),
    ]
)
NODES = st.sampled_from([(), (node(),), (node(conditions=[condition("Ready", "Unknown")]),)])


@st.composite
def pods(draw: st.DrawFn) -> Json:
    made = pod(
        statuses=draw(st.lists(STATUSES, max_size=3)),
        init_statuses=draw(st.lists(STATUSES, max_size=2)),
        phase=draw(st.sampled_from(["Running", "Running", "Running", "Pending", "Failed", "Succeeded", "Unknown", ""])),
        conditions=[condition("Ready", draw(st.sampled_from(["True", "True", "False", "Unknown"])), ago(hours=2))],
    )
    if draw(st.booleans()):
        made["metadata"]["deletionTimestamp"] = ago(hours=1)
    return made


@given(pods(), NODES)
def test_of_a_calm_pod_no_check_would_say_anything(made: Json, nodes: tuple[Json, ...]) -> None:
    if calm(convert_object(Pod, made)):
        assert {check.name: judge(_always(check), made, *nodes, now=NOW) for check in GATED} == {check.name: [] for check in GATED}


def _always(check: Check) -> Check:
    return replace(check, unless=None)


@pytest.mark.parametrize("check", GATED, ids=lambda check: check.name)
def test_a_pod_that_is_not_calm_is_asked_about(check: Check) -> None:
    asked: list[str] = []
    curious = replace(check, run=lambda obj, _view, _now: asked.append(obj.metadata.name))
    judge(curious, pod(), pod("sick", statuses=[waiting("CrashLoopBackOff", restartCount=3, lastState=ended(1))]), node(), now=NOW)
    assert asked == ["sick"]


def test_a_healthy_pod_is_calm_and_a_restarted_one_is_not() -> None:
    assert calm(convert_object(Pod, pod()))
    assert calm(convert_object(Pod, pod(init_statuses=[container_status(state=ended(0, "Completed"))])))
    assert not calm(convert_object(Pod, pod(statuses=[container_status(restartCount=1, lastState=ended(1))])))
    assert not calm(convert_object(Pod, pod(conditions=[condition("Ready", "False")])))
