"""Pods that matter more take the room of those that matter less."""

from __future__ import annotations

import pytest

FULL = {"requests": {"cpu": "3"}}


def priority_class(name: str, value: int, **more) -> dict:
    return {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value, **more}


@pytest.fixture
async def full(stage, make_pod):
    """Every node has one pod that fills it: of 0, of 10 and of 20."""
    classes = (priority_class("ten", 10), priority_class("twenty", 20), priority_class("high", 1000))
    await stage.apply(*classes, priority_class("polite", 1000, preemptionPolicy="Never"))
    for node, given in (("node-1", {"priorityClassName": "ten"}), ("node-2", {}), ("node-3", {"priorityClassName": "twenty"})):
        where = {"kubernetes.io/hostname": node}
        await stage.apply(make_pod(f"on-{node}", resources=FULL, nodeSelector=where, **given), seconds=2)
    return stage


def node_of(stage, name: str) -> str:
    return stage.cluster.get("Pod", "payments", name)["spec"].get("nodeName", "")


async def test_the_least_important_pod_goes(full, make_pod):
    await full.apply(make_pod("urgent", resources=FULL, priorityClassName="high"))
    urgent = full.cluster.get("Pod", "payments", "urgent")
    assert urgent["status"]["nominatedNodeName"] == "node-2"
    assert urgent["status"]["conditions"][0]["message"] == "0/3 nodes are available: 3 Insufficient cpu."
    victim = full.cluster.get("Pod", "payments", "on-node-2")
    assert "deletionTimestamp" in victim["metadata"]
    [target] = [c for c in victim["status"]["conditions"] if c["type"] == "DisruptionTarget"]
    assert (target["status"], target["reason"]) == ("True", "PreemptionByScheduler")
    assert target["message"] == "default-scheduler: preempting to accommodate a higher priority pod"
    [event] = full.events("Preempted")
    assert event["message"] == f"Preempted by pod {urgent['metadata']['uid']} on node node-2"
    assert event["involvedObject"]["name"] == "on-node-2"
    await full.wait(40)
    assert node_of(full, "urgent") == "node-2"
    assert node_of(full, "on-node-1"), node_of(full, "on-node-3")


async def test_room_that_was_made_is_kept_for_who_made_it(full, make_pod):
    await full.apply(make_pod("urgent", resources=FULL, priorityClassName="high"))
    await full.apply(make_pod("sneaky", resources={"requests": {"cpu": "2"}}), seconds=40)
    assert (node_of(full, "urgent"), node_of(full, "sneaky")) == ("node-2", "")


async def test_a_pod_of_no_more_importance_finds_no_victims(full, make_pod):
    await full.apply(make_pod("alike", resources=FULL), seconds=2)
    assert full.cluster.get("Pod", "payments", "alike")["status"]["conditions"][0]["message"].endswith(
        "preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."
    )


async def test_a_class_may_say_that_its_pods_wait(full, make_pod):
    await full.apply(make_pod("waits", resources=FULL, priorityClassName="polite"), seconds=2)
    assert full.cluster.get("Pod", "payments", "waits")["status"]["conditions"][0]["message"] == (
        "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
    )


async def test_nodes_that_would_not_do_without_their_pods_either_are_left_alone(full, make_pod):
    await full.apply(make_pod("huge", resources={"requests": {"cpu": "3900m", "memory": "64Gi"}}, priorityClassName="high"), seconds=2)
    assert "3 Preemption is not helpful for scheduling" in full.cluster.get("Pod", "payments", "huge")["status"]["conditions"][0]["message"]
    assert full.events("Preempted") == []


async def test_pods_that_a_budget_protects_are_spared_if_others_will_do(full, make_pod):
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "keep", "namespace": "payments"},
              "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "on-node-2"}}}}  # fmt: skip
    await full.apply(budget, seconds=1)
    await full.apply(make_pod("urgent", resources=FULL, priorityClassName="high"), seconds=40)
    assert node_of(full, "urgent") == "node-1"


async def test_only_as_many_go_as_it_takes(stage, make_pod):
    await stage.apply(priority_class("high", 1000))
    on_one = {"kubernetes.io/hostname": "node-1"}
    small = [make_pod(f"small-{n}", resources={"requests": {"cpu": "1"}}, nodeSelector=on_one) for n in range(4)]
    await stage.apply(*small, seconds=5)
    await stage.apply(make_pod("urgent", resources={"requests": {"cpu": "2"}}, nodeSelector=on_one, priorityClassName="high"), seconds=40)
    assert node_of(stage, "urgent") == "node-1"
    assert len([pod for pod in stage.pods() if pod["metadata"]["name"].startswith("small")]) == 2
