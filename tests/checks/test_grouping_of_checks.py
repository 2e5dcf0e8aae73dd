"""What the checks say together: one trouble is one incident, known again whatever its pods are called."""

from __future__ import annotations

import random

from stead.app.discover import shelves
from stead.domain.grouping import group
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.kinds import KINDS, kind_named
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.view import View
from stead.testing.objects import (
    NOW,
    Json,
    ago,
    condition,
    config_map,
    deployment,
    ended,
    endpoint_slice,
    metadata,
    node,
    owner,
    pod,
    replica_set,
    service,
    waiting,
)

CHECKS = tuple(shelves().checks.values())
LOST = [condition("PodScheduled"), condition("Ready", "False", ago(minutes=20))]


def runner_of(*objects: Json) -> Runner:
    view = View("home")
    for kind in KINDS:
        view.mark_known(kind.struct)
    for obj in objects:
        kind = kind_named(obj["apiVersion"], obj["kind"])
        assert kind is not None
        view.put(convert_object(kind.struct, obj))
    runner = Runner(view, CHECKS)
    runner.full(NOW)
    return runner


def dead_node() -> list[Json]:
    """node-3 is silent, and on it 30 pods: a Deployment of 20 with a Service, ten of a DaemonSet each, one of them being deleted."""
    found = [node(ready="Unknown", since=ago(minutes=20)), node("node-4"), replica_set(), service(), endpoint_slice(ready=[False] * 20)]
    found += [deployment(replicas=20, available=0, conditions=[condition("Available", "False", ago(minutes=20))])]
    found += [pod(f"api-7c9f-{number}", conditions=LOST) for number in range(19)]
    found += [pod("api-7c9f-19", conditions=LOST, meta={"deletionTimestamp": ago(minutes=15)})]
    for number in range(10):
        name = f"agent-{number}"
        status = {"observedGeneration": 1, "desiredNumberScheduled": 2, "numberReady": 1}
        found += [{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata(name, generation=1), "status": status}]
        found += [pod(f"{name}-x", meta={"ownerReferences": owner("DaemonSet", name), "labels": {"app": name}}, conditions=LOST)]
    return found


def test_a_dead_node_with_thirty_pods_is_one_incident_whose_cause_is_the_node() -> None:
    (one,) = group(runner_of(*dead_node()).current().values())
    assert (one.cause.check, one.cause.subject.name) == ("node_not_ready", "node-3")
    assert {f.check for f in one.symptoms} == {
        "pod_not_ready",
        "pod_stuck_terminating",
        "deployment_not_progressing",
        "daemonset_short",
        "service_without_endpoints",
    }
    assert sum(len(f.instances) or 1 for f in one.symptoms if f.subject.kind == "Pod") == 30


def test_an_order_of_listing_changes_nothing() -> None:
    objects = [*dead_node(), pod("other-1", statuses=[waiting("CrashLoopBackOff", lastState=ended(1))])]
    first = runner_of(*objects).current()
    for seed in range(5):
        random.Random(seed).shuffle(objects)
        assert runner_of(*objects).current() == first


def test_a_fault_is_known_again_when_its_pods_have_new_names() -> None:
    loop = waiting("CrashLoopBackOff", restartCount=4, lastState=ended(1))
    before = runner_of(node(), deployment(available=0), replica_set(), pod("api-7c9f-aaaaa", statuses=[loop]))
    after = runner_of(node(), deployment(available=0), replica_set(), pod("api-7c9f-bbbbb", statuses=[loop | {"restartCount": 9}]))
    alone = runner_of(node(), pod("api-7c9f-ccccc", statuses=[loop]))
    assert set(before.current()) == set(after.current()) == set(alone.current())


def test_a_missing_key_is_one_incident_with_the_workload_and_the_service_folded() -> None:
    env = [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "MODE", "optional": True}}}]
    crashing = pod(
        statuses=[waiting("CrashLoopBackOff", restartCount=9, lastState=ended(1))],
        spec={"containers": [{"name": "app", "env": env}]},
    )
    sick = deployment(available=0, conditions=[condition("Progressing", "False", reason="ProgressDeadlineExceeded")])
    objects = [node(), sick, replica_set(), crashing, service(), endpoint_slice(ready=[False]), config_map(OTHER="x")]
    (one,) = group(runner_of(*objects).current().values())
    assert (one.cause.check, one.cause.reason) == ("container_crash", "ConfigKeyMissing")
    assert {f.check for f in one.symptoms} == {"deployment_not_progressing", "service_without_endpoints"}


def test_a_healthy_cluster_is_silence() -> None:
    assert runner_of(node(), deployment(), replica_set(), pod(), service(), endpoint_slice(), config_map()).current() == {}
