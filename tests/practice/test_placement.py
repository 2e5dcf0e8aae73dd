"""Where pods may stand: labels, taints, neighbours, spreading, ports, volumes; and what each refusal says."""

from __future__ import annotations

import pytest

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
NO_HELP = "no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
NO_VICTIMS = "no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."


@pytest.fixture
async def zones(stage):
    """node-1 and node-2 are in zone a, node-3 is in zone b."""
    for name, zone in (("node-1", "a"), ("node-2", "a"), ("node-3", "b")):
        stage.cluster.edit("Node", "", name, lambda node, zone=zone: node["metadata"]["labels"].update({ZONE: zone}))
    return stage


def why(stage, name: str) -> str:
    pod = stage.cluster.get("Pod", "payments", name)
    scheduled = next(c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled")
    assert scheduled["status"] == "False", f"{name} is on {pod['spec'].get('nodeName')}"
    event = next(e for e in reversed(stage.events("FailedScheduling")) if e["involvedObject"]["name"] == name)
    assert event["message"] == scheduled["message"]
    return scheduled["message"]


def where(stage, name: str) -> str:
    return stage.cluster.get("Pod", "payments", name)["spec"].get("nodeName", "")


def near(app: str, key: str = ZONE, **more) -> dict:
    return {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key, **more}


def required(kind: str, *terms: dict) -> dict:
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}


async def test_a_pod_goes_where_its_node_affinity_lets_it(zones, make_pod):
    def node_affinity(*expressions: dict) -> dict:
        terms = {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}
        return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}

    in_b = node_affinity({"key": ZONE, "operator": "In", "values": ["b"]})
    nowhere = node_affinity({"key": ZONE, "operator": "NotIn", "values": ["a", "b"]})
    await zones.apply(make_pod("in-b", affinity=in_b), make_pod("nowhere", affinity=nowhere), seconds=5)
    assert where(zones, "in-b") == "node-3"
    assert why(zones, "nowhere") == f"0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. {NO_HELP}"


async def test_a_pod_prefers_what_weighs_more(zones, make_pod):
    def wish(weight: int, zone: str) -> dict:
        return {"weight": weight, "preference": {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}}

    wishes = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wish(10, "a"), wish(50, "b")]}}
    await zones.apply(make_pod("one", affinity=wishes), make_pod("two", affinity=wishes), seconds=5)
    assert {where(zones, "one"), where(zones, "two")} == {"node-3"}


async def test_a_pod_of_a_daemon_set_is_told_of_its_own_node(stage, make_daemon_set):
    await stage.apply(make_daemon_set(resources={"requests": {"cpu": "64"}}), seconds=5)
    said = {why(stage, pod["metadata"]["name"]) for pod in stage.pods("agent")}
    assert said == {f"0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. {NO_HELP}"}


async def test_pods_that_want_company_wait_for_it(zones, make_pod):
    await zones.apply(make_pod("late", affinity=required("podAffinity", near("cache"))), seconds=5)
    assert why(zones, "late") == f"0/3 nodes are available: 3 node(s) didn't match pod affinity rules. {NO_HELP}"
    await zones.apply(make_pod("cache", nodeSelector={ZONE: "b"}), seconds=5)
    assert where(zones, "late") == "node-3"


async def test_the_first_of_a_group_that_wants_to_be_together_is_not_held(zones, make_pod):
    together = required("podAffinity", near("one", HOST))
    second = make_pod("two", affinity=together)
    second["metadata"]["labels"] = {"app": "one"}
    await zones.apply(make_pod("one", affinity=together), second, seconds=5)
    assert where(zones, "one") == where(zones, "two") != ""


async def test_pods_keep_away_from_each_other_in_both_directions(zones, make_pod):
    apart = required("podAntiAffinity", near("api", HOST))
    for name in ("one", "two", "three", "four"):
        pod = make_pod(name, affinity=apart)
        pod["metadata"]["labels"] = {"app": "api"}
        await zones.apply(pod, seconds=2)
    assert {where(zones, name) for name in ("one", "two", "three")} == {"node-1", "node-2", "node-3"}
    assert why(zones, "four") == f"0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. {NO_VICTIMS}"
    stranger = make_pod("stranger")
    stranger["metadata"]["labels"] = {"app": "api"}
    await zones.apply(stranger, seconds=2)
    assert why(zones, "stranger") == f"0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules. {NO_VICTIMS}"


async def test_terms_count_pods_of_the_namespaces_that_they_name(zones, make_pod):
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": {"team": "blue"}}}
    await zones.apply(other, make_pod("cache", namespace="other", nodeSelector={ZONE: "b"}), seconds=2)
    await zones.apply(make_pod("own", affinity=required("podAffinity", near("cache"))), seconds=2)
    blue = near("cache", namespaceSelector={"matchLabels": {"team": "blue"}})
    await zones.apply(make_pod("blue", affinity=required("podAffinity", blue)), seconds=2)
    await zones.apply(make_pod("named", affinity=required("podAffinity", near("cache", namespaces=["other"]))), seconds=2)
    assert "didn't match pod affinity rules" in why(zones, "own")
    assert (where(zones, "blue"), where(zones, "named")) == ("node-3", "node-3")


async def test_company_that_is_only_preferred_is_found_and_never_insisted_on(zones, make_pod):
    wish = {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": near("cache")}]}}
    flee = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": near("cache")}]}}
    await zones.apply(make_pod("alone", affinity=wish), seconds=2)
    assert where(zones, "alone")
    await zones.apply(make_pod("cache", nodeSelector={ZONE: "b"}), seconds=2)
    await zones.apply(make_pod("near", affinity=wish), make_pod("far", affinity=flee), seconds=2)
    assert where(zones, "near") == "node-3"
    assert where(zones, "far") in ("node-1", "node-2")


def spread(when: str = "DoNotSchedule", key: str = ZONE, **more) -> dict:
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": {"matchLabels": {"app": "api"}}, **more}


async def test_pods_are_spread_over_zones_and_the_rest_waits(zones, make_pod):
    zones.cluster.edit("Node", "", "node-3", lambda node: node["spec"].update(unschedulable=True))
    for name in ("one", "two"):
        pod = make_pod(name, topologySpreadConstraints=[spread()])
        pod["metadata"]["labels"] = {"app": "api"}
        await zones.apply(pod, seconds=2)
    assert where(zones, "one") in ("node-1", "node-2")
    assert why(zones, "two") == (
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod topology spread constraints. no new claims to "
        "deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for "
        "incoming pod."
    )
    zones.cluster.edit("Node", "", "node-3", lambda node: node["spec"].pop("unschedulable"))
    await zones.wait(2)
    assert where(zones, "two") == "node-3"


async def test_nodes_without_the_label_are_no_place_to_spread_to(stage, make_pod):
    await stage.apply(make_pod("api", topologySpreadConstraints=[spread(key="rack")]), seconds=2)
    assert why(stage, "api") == (
        f"0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label). {NO_HELP}"
    )


async def test_spreading_anyway_evens_out_and_holds_nobody(zones, make_pod):
    for name in ("one", "two", "three", "four"):
        pod = make_pod(name, topologySpreadConstraints=[spread("ScheduleAnyway")])
        pod["metadata"]["labels"] = {"app": "api"}
        await zones.apply(pod, seconds=2)
    assert sorted(where(zones, name) == "node-3" for name in ("one", "two", "three", "four")) == [False, False, True, True]


async def test_taints_that_are_only_disliked_come_last(stage, make_pod):
    for name in ("node-1", "node-2"):
        stage.cluster.edit("Node", "", name, lambda node: node["spec"].update(taints=[{"key": "old", "effect": "PreferNoSchedule"}]))
    await stage.apply(make_pod("one"), make_pod("two"), seconds=2)
    assert {where(stage, "one"), where(stage, "two")} == {"node-3"}


async def test_a_no_execute_taint_drives_pods_away_when_their_patience_ends(stage, make_pod):
    pods = {
        "none": [],
        "minute": [{"key": "out", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}],
        "ever": [{"key": "out", "operator": "Exists", "effect": "NoExecute"}],
    }
    await stage.apply(*(make_pod(name, tolerations=given, nodeSelector={HOST: "node-1"}) for name, given in pods.items()), seconds=5)
    assert {where(stage, name) for name in pods} == {"node-1"}
    stage.cluster.edit("Node", "", "node-1", lambda node: node["spec"].update(taints=[{"key": "out", "effect": "NoExecute"}]))
    await stage.wait(40)
    assert {pod["metadata"]["name"] for pod in stage.pods()} == {"minute", "ever"}
    await stage.wait(60)
    assert {pod["metadata"]["name"] for pod in stage.pods()} == {"ever"}


async def test_a_port_of_the_machine_is_given_once(stage, make_pod):
    def listening(name: str, port: int, **more) -> dict:
        pod = make_pod(name, **more)
        pod["spec"]["containers"][0]["ports"] = [{"containerPort": port, "hostPort": port}]
        return pod

    for name in ("one", "two", "three", "four"):
        await stage.apply(listening(name, 80), seconds=2)
    assert {where(stage, name) for name in ("one", "two", "three")} == {"node-1", "node-2", "node-3"}
    assert why(stage, "four") == f"0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports. {NO_VICTIMS}"
    inside = make_pod("network", hostNetwork=True)
    inside["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]
    await stage.apply(inside, listening("other", 81), seconds=2)
    assert "free ports" in why(stage, "network")
    assert where(stage, "other")


async def test_what_is_not_there_is_missing_by_its_name(stage, make_pod):
    await stage.apply(make_pod("gpu", resources={"limits": {"nvidia.com/gpu": "1"}}), seconds=2)
    assert why(stage, "gpu") == f"0/3 nodes are available: 3 Insufficient nvidia.com/gpu. {NO_HELP}"


async def test_a_sidecar_takes_room_beside_the_containers(stage, make_pod):
    pod = make_pod("one", resources={"requests": {"cpu": "3"}})
    image, sidecar = "registry.example.com/proxy:1", {"restartPolicy": "Always", "resources": {"requests": {"cpu": "2"}}}
    pod["spec"]["initContainers"] = [{"name": "proxy", "image": image, **sidecar}]
    await stage.apply(pod, seconds=2)
    assert why(stage, "one").startswith("0/3 nodes are available: 3 Insufficient cpu.")


async def test_a_gate_holds_a_pod_until_it_is_taken_away(stage, make_pod):
    await stage.apply(make_pod("one", schedulingGates=[{"name": "example.com/wait"}]), seconds=5)
    [scheduled] = stage.cluster.get("Pod", "payments", "one")["status"]["conditions"]
    assert (scheduled["reason"], scheduled["message"]) == ("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
    stage.cluster.edit("Pod", "payments", "one", lambda pod: pod["spec"].update(schedulingGates=[]))
    await stage.wait(5)
    assert where(stage, "one")


async def test_a_pod_of_another_scheduler_is_left_to_it(stage, make_pod):
    await stage.apply(make_pod("one", schedulerName="mine"), seconds=5)
    assert (where(stage, "one"), stage.events("FailedScheduling")) == ("", [])
