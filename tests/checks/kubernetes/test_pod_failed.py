"""Pods without a controller that failed for good."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.pod_failed import pod_failed
from stead.domain.finding import FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, container_status, deployment, ended, node, owner, pod, replica_set


def bare(phase: str = "Failed", exit_code: int = 2, reason: str = "", **meta: Any) -> Json:
    """A pod as `kubectl run --restart=Never` makes it, whose container has ended."""
    statuses = [container_status(state=ended(exit_code), ready=False)]
    made = pod(phase=phase, statuses=statuses, spec={"restartPolicy": "Never"}, meta={"ownerReferences": None} | meta)
    return made | {"status": made["status"] | {"reason": reason}}


def test_a_failed_pod_that_nobody_owns_is_told() -> None:
    (found,) = judge(pod_failed, bare(), now=NOW)
    assert (found.state, found.severity, found.reason) == (FindingState.FIRING, Severity.WARNING, "PodFailed")
    assert found.summary == "pod payments/api-7c9f-x2x4z failed: container `app` ended with exit code 2, and nothing starts it again"
    assert found.evidence[1].value == "exit code 2 (Error)"


def test_the_reason_of_the_pod_itself_comes_first() -> None:
    (found,) = judge(pod_failed, bare(reason="DeadlineExceeded"), now=NOW)
    assert "failed (DeadlineExceeded)" in found.summary


@pytest.mark.parametrize(
    "healthy",
    [
        bare(phase="Running"),
        bare(phase="Succeeded", exit_code=0),
        bare(deletionTimestamp=ago(minutes=1)),
        bare(ownerReferences=owner("Job", "import-1", "batch/v1")),
        bare(ownerReferences=owner("ReplicaSet", "api-7c9f")),
        bare(reason="Evicted", ownerReferences=owner("Job", "import-1", "batch/v1")),
        bare(ownerReferences=owner("Workflow", "nightly", "example.com/v1")),
    ],
)
def test_one_that_ended_well_or_is_replaced_is_silence(healthy: Json) -> None:
    assert judge(pod_failed, healthy, replica_set(), deployment(), now=NOW) == []


@pytest.mark.parametrize("reason", ["Evicted", "NodeShutdown", "Terminated", "UnexpectedAdmissionError"])
def test_one_that_its_node_put_out_and_nobody_owns_is_told(reason: str) -> None:
    (found,) = judge(pod_failed, bare(reason=reason), node(), now=NOW)
    assert found.reason == ("Evicted" if reason == "Evicted" else "PodFailed")
    assert [s.kind for s in found.depends_on] == (["Node"] if reason == "Evicted" else [])


def evicted(minutes: int = 5) -> Json:
    finished = ago(minutes=minutes)
    made = pod(phase="Failed", statuses=[container_status(state=ended(137, finished=finished), ready=False)])
    return made | {"status": made["status"] | {"reason": "Evicted"}}


def test_one_that_its_workload_misses_is_told() -> None:
    (found,) = judge(pod_failed, evicted(), replica_set(), deployment(available=1), now=NOW)
    assert found.reason == "Evicted"
    assert found.summary.endswith("was evicted from node node-3, and its workload is short of pods")


@pytest.mark.parametrize(
    "objects",
    [
        [evicted(), replica_set(), deployment()],
        [evicted(minutes=200), replica_set(), deployment(available=1)],
        [evicted(), replica_set(), deployment(replicas=0)],
        [evicted(), pod("api-7c9f-other")],
    ],
)
def test_one_that_was_replaced_or_is_history_is_silence(objects: list[Json]) -> None:
    assert judge(pod_failed, *objects, now=NOW) == []
