"""Pods that run and do not serve."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pod_not_ready import pod_not_ready
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, container_status, ended, node, pod, waiting

UNREADY = container_status(ready=False)


def test_a_failing_readiness_probe_is_told() -> None:
    (found,) = judge(pod_not_ready, pod(statuses=[UNREADY]), node(), now=NOW)
    assert (found.state, found.reason, found.container) == (FindingState.FIRING, "NotReady", "app")
    assert "readiness probe" in found.summary


def test_it_depends_on_a_node_that_is_lost() -> None:
    lost = pod(conditions=[condition("Ready", "False")])
    (found,) = judge(pod_not_ready, lost, node(ready="Unknown"), now=NOW)
    assert [s.name for s in found.depends_on] == ["node-3"]


@pytest.mark.parametrize("minutes", [1, 4])
def test_a_start_is_given_time(minutes: int) -> None:
    young = pod(statuses=[UNREADY], conditions=[condition("Ready", "False", ago(minutes=minutes))])
    assert [f.state for f in judge(pod_not_ready, young, now=NOW)] == [FindingState.PROGRESSING]


def probed(name: str, minutes: int, **probe: int) -> Json:
    """A pod whose container has been up for so long, with that probe, which has not passed yet."""
    running = container_status(ready=False, started=name != "startupProbe", state={"running": {"startedAt": ago(minutes=minutes)}})
    spec = {"containers": [{"name": "app", "image": "db:1", name: probe}]}
    return pod(statuses=[running], spec=spec, conditions=[condition("Ready", "False", ago(minutes=minutes))])


@pytest.mark.parametrize(
    ("starting", "state"),
    [
        (probed("startupProbe", 40, periodSeconds=10, failureThreshold=360), FindingState.PROGRESSING),
        (probed("startupProbe", 70, periodSeconds=10, failureThreshold=360), FindingState.FIRING),
        (probed("startupProbe", 12, failureThreshold=3), FindingState.FIRING),
        (probed("startupProbe", 60 * 24, failureThreshold=2**31 - 1), FindingState.FIRING),
        (probed("readinessProbe", 8, initialDelaySeconds=600), FindingState.PROGRESSING),
        (probed("readinessProbe", 13, initialDelaySeconds=600), FindingState.FIRING),
        (probed("readinessProbe", 6, periodSeconds=0, failureThreshold=0, initialDelaySeconds=-(10**17)), FindingState.FIRING),
    ],
)
def test_what_its_own_probe_allows_is_waited_for(starting: Json, state: FindingState) -> None:
    assert [f.state for f in judge(pod_not_ready, starting, now=NOW)] == [state]


@pytest.mark.parametrize(
    "healthy",
    [
        pod(),
        pod(conditions=[]),
        pod(statuses=[waiting("CrashLoopBackOff")]),
        pod(statuses=[UNREADY | {"restartCount": 5, "lastState": ended(1), "state": {"running": {"startedAt": ago(minutes=1)}}}]),
        pod(statuses=[UNREADY], meta={"deletionTimestamp": ago(minutes=1)}),
        pod(statuses=[container_status(ready=False, state=ended(0, "Completed"))], spec={"restartPolicy": "OnFailure"}),
        pod(statuses=[UNREADY], phase="Pending"),
        pod(statuses=[UNREADY], phase="Succeeded"),
    ],
)
def test_what_serves_or_is_told_elsewhere_is_silence(healthy: Json) -> None:
    assert judge(pod_not_ready, healthy, now=NOW) == []


def test_a_pod_of_which_nobody_has_heard_is_told_with_its_node() -> None:
    (found,) = judge(pod_not_ready, pod(phase="Unknown", conditions=[condition("Ready", "Unknown")]), node(ready="Unknown"), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, "StateUnknown")
    assert [s.name for s in found.depends_on] == ["node-3"]
