"""Pods that should be gone: why they are not."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pod_stuck_terminating import pod_stuck_terminating
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, container_status, ended, node, pod

GONE = {"deletionTimestamp": ago(minutes=20)}
ENDED = container_status(ready=False, state=ended(0))
HELD = GONE | {"finalizers": ["example.com/archive"]}


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([pod(meta=GONE)], "NodeGone"),
        ([pod(meta=GONE), node(ready="Unknown")], "NodeNotReady"),
        ([pod(meta=GONE), node(ready="False")], "NodeNotReady"),
        ([pod(meta=GONE), node()], "KubeletSilent"),
        ([pod(meta=HELD, statuses=[ENDED]), node()], "Finalizers"),
        ([pod(meta=HELD), node()], "KubeletSilent"),
        ([pod(meta=HELD)], "Finalizers"),
        ([pod(meta=HELD, statuses=[], spec={"nodeName": None})], "Finalizers"),
    ],
)
def test_the_reason_is_told(objects: list[Json], reason: str) -> None:
    (found,) = judge(pod_stuck_terminating, *objects, now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert [s.name for s in found.depends_on] == (["node-3"] if reason.startswith("Node") else [])


def test_within_its_time_it_is_progressing_and_an_undeleted_pod_is_silence() -> None:
    assert [f.state for f in judge(pod_stuck_terminating, pod(meta={"deletionTimestamp": ago(seconds=30)}), now=NOW)] == [
        FindingState.PROGRESSING
    ]
    assert judge(pod_stuck_terminating, pod(), now=NOW) == []
