"""Pods that stay Pending, with the scheduler's reason in plain words."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pod_pending import pod_pending
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, claim, condition, container_status, ended, node, pending, pod, waiting

FULL = "0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 Insufficient cpu. preemption: 0/3 nodes are available."


def look(*objects: Json) -> list[Finding]:
    return judge(pod_pending, *objects, now=NOW)


def test_the_schedulers_reason_is_told() -> None:
    (found,) = look(pending(message=FULL))
    assert (found.state, found.reason) == (FindingState.FIRING, "Unschedulable")
    assert found.summary.endswith("cannot be scheduled: not enough cpu, a taint that it does not tolerate")
    assert [e.value for e in found.evidence if e.tainted] == [FULL]


def test_the_taints_that_the_scheduler_does_not_name_are_looked_up() -> None:
    upgrade = {"key": "example.com/upgrade", "value": "running", "effect": "NoSchedule"}
    liked = {"key": "old", "effect": "PreferNoSchedule"}
    nodes = [node("n1", spec={"taints": [upgrade, liked]}), node("n2", spec={"taints": [liked]}), node("n3")]
    (found,) = look(pending(message="0/3 nodes are available: 3 node(s) had untolerated taint(s)."), *nodes)
    assert [e.value for e in found.evidence if e.what == "taints"] == ["`n1`: example.com/upgrade=running:NoSchedule"]


def test_a_pod_that_waits_for_a_node_for_a_moment_is_progressing() -> None:
    (found,) = look(pending(message=FULL, since=ago(minutes=2)))
    assert found.state is FindingState.PROGRESSING


def test_an_unbound_claim_is_what_it_depends_on() -> None:
    spec = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    (found,) = look(pending(message="pod has unbound immediate PersistentVolumeClaims", spec=spec), claim())
    assert [(s.kind, s.name) for s in found.depends_on] == [("PersistentVolumeClaim", "data")]
    (bound,) = look(pending(message=FULL, spec=spec), claim(phase="Bound"))
    assert bound.depends_on == ()


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (pod(phase="Pending", statuses=[], conditions=[], spec={"nodeName": None}), "NotScheduled"),
        (pod(phase="Pending", statuses=[waiting("ContainerCreating")]), "NotStarted"),
        (pod(phase="Pending", statuses=[]), "NotStarted"),
        (pod(phase="Pending", statuses=[waiting("PodInitializing")], init_statuses=[container_status("wait-for-db")]), "InitNotFinished"),
    ],
)
def test_what_does_not_get_going_is_told(sick: Json, reason: str) -> None:
    (found,) = look(sick, node())
    assert (found.state, found.reason) == (FindingState.FIRING, reason)


@pytest.mark.parametrize(
    "healthy",
    [
        pod(),
        pending("SchedulingGated"),
        pending(meta={"deletionTimestamp": ago(minutes=1)}),
        pod(phase="Pending", statuses=[waiting("ImagePullBackOff")]),
        pod(phase="Pending", statuses=[waiting("PodInitializing")], init_statuses=[waiting("CrashLoopBackOff", lastState=ended(1))]),
        pod(phase="", statuses=[], conditions=[], spec={"nodeName": None}),
    ],
)
def test_what_is_held_on_purpose_or_told_by_another_check_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_a_slow_start_is_given_its_time() -> None:
    slow = pod(phase="Pending", statuses=[waiting("ContainerCreating")], conditions=[condition("PodScheduled", since=ago(minutes=6))])
    assert [f.state for f in look(slow)] == [FindingState.PROGRESSING]


CREATING = {
    "phase": "Pending",
    "statuses": [waiting("ContainerCreating")],
    "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "s", "secret": {"secretName": "keys"}}]},
}
BOUND = claim(phase="Bound", spec={"volumeName": "pv-1"})
VOLUME = thing("PersistentVolume", "pv-1", spec={"csi": {"driver": "disk.example.com"}}, status={"phase": "Bound"})


def attachment(node_name: str, attached: bool) -> Json:
    spec = {"attacher": "disk.example.com", "nodeName": node_name, "source": {"persistentVolumeName": "pv-1"}}
    return thing("VolumeAttachment", "csi-1", spec=spec, status={"attached": attached})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([attachment("node-3", attached=False)], "volume pv-1 is not attached to its node"),
        ([attachment("node-4", attached=True)], "volume pv-1 is still attached to node node-4"),
        ([thing("CSINode", "node-3", spec={"drivers": []})], "CSI driver disk.example.com is not registered on node node-3"),
    ],
)
def test_what_keeps_its_volume_is_named(more: list[Json], words: str) -> None:
    (found,) = look(pod(**CREATING), node(), BOUND, VOLUME, *more)
    assert (found.reason, found.summary.partition(": ")[2]) == ("NotStarted", words)
    assert "PersistentVolume pv-1" in [str(s) for s in found.depends_on]


def test_secrets_that_its_volumes_need_are_named_for_a_person_to_look() -> None:
    (found,) = look(pod(**CREATING), node())
    assert found.evidence[1].value == "keys"
    assert found.evidence[1].command == "kubectl -n payments get secret keys -o name"


def test_a_sandbox_that_is_not_there_is_evidence() -> None:
    conditions = [condition("PodScheduled"), condition("PodReadyToStartContainers", "False")]
    (found,) = look(pod(phase="Pending", statuses=[waiting("ContainerCreating")], conditions=conditions), node())
    assert "condition PodReadyToStartContainers" in [e.what for e in found.evidence]
