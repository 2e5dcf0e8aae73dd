"""Placement, and the sentences of FailedScheduling."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"resources": {"requests": {"memory": "64Gi"}}},
            "0/3 nodes are available: 3 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: "
            "3 Preemption is not helpful for scheduling.",
        ),
        (
            {"nodeSelector": {"disk": "ssd"}},
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: "
            "0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
        ),
    ],
)
async def test_a_pod_that_fits_nowhere_is_told_why(stage, make_pod, spec, why):
    await stage.apply(make_pod(**spec), seconds=1)
    condition = next(c for c in stage.pods()[0]["status"]["conditions"] if c["type"] == "PodScheduled")
    assert (condition["status"], condition["reason"], condition["message"]) == ("False", "Unschedulable", why)
    assert stage.events("FailedScheduling")[0]["message"] == why


async def test_a_full_cluster_has_no_victims_and_room_is_used_at_once(stage, make_deployment, make_pod):
    await stage.apply(make_deployment(resources={"requests": {"cpu": "3"}}), seconds=5)
    await stage.apply(make_pod("late", resources={"requests": {"cpu": "2"}}), seconds=5)
    late = stage.cluster.get("Pod", "payments", "late")
    assert late["status"]["phase"] == "Pending"
    assert "3 Insufficient cpu" in late["status"]["conditions"][0]["message"]
    assert "3 No preemption victims found for incoming pod" in late["status"]["conditions"][0]["message"]
    stage.cluster.apply(make_deployment(replicas=2, resources={"requests": {"cpu": "3"}}))
    await stage.wait(5)
    assert stage.cluster.get("Pod", "payments", "late")["status"]["phase"] == "Running"


async def test_taints_keep_pods_away_unless_tolerated(stage, make_pod):
    for name in ("node-1", "node-2", "node-3"):
        stage.cluster.edit(
            "Node", "", name, lambda node: node["spec"].update(taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}])
        )
    await stage.apply(make_pod("no"), make_pod("yes", tolerations=[{"key": "gpu", "operator": "Exists"}]), seconds=5)
    no, yes = stage.cluster.get("Pod", "payments", "no"), stage.cluster.get("Pod", "payments", "yes")
    assert "3 node(s) had untolerated taint(s)" in no["status"]["conditions"][0]["message"]
    assert yes["status"]["phase"] == "Running"


async def test_replicas_are_spread_over_the_nodes(stage, make_deployment):
    await stage.apply(make_deployment(replicas=9), seconds=5)
    nodes = [pod["spec"]["nodeName"] for pod in stage.pods("api")]
    assert {name: nodes.count(name) for name in nodes} == {"node-1": 3, "node-2": 3, "node-3": 3}


async def test_a_claim_without_a_volume_holds_its_pod(stage, make_pod):
    volume = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    await stage.apply(make_pod(**volume), seconds=1)
    assert 'persistentvolumeclaim "data" not found' in stage.pods()[0]["status"]["conditions"][0]["message"]
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "payments"},
             "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                      "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip
    await stage.apply(claim, seconds=1)
    assert "pod has unbound immediate PersistentVolumeClaims. not found" in stage.pods()[0]["status"]["conditions"][0]["message"]
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}, "provisioner": "csi.example.com"}
    await stage.apply(storage, seconds=5)
    assert stage.cluster.get("PersistentVolumeClaim", "payments", "data")["status"]["phase"] == "Bound"
    assert stage.pods()[0]["status"]["phase"] == "Running"


async def test_what_was_found_for_one_pod_is_asked_anew_once_a_node_changed(stage, make_pod):
    """Pods of one template share the answers of nodes; a cordon, a pod that left, and another template do not go unseen."""
    await stage.apply(*(make_pod(f"first-{n}", resources={"requests": {"cpu": "3"}}) for n in range(3)), seconds=5)
    await stage.apply(make_pod("waits", resources={"requests": {"cpu": "3"}}), make_pod("small"), seconds=5)
    assert stage.cluster.get("Pod", "payments", "waits")["status"]["phase"] == "Pending"
    assert stage.cluster.get("Pod", "payments", "small")["status"]["phase"] == "Running"
    freed = stage.cluster.get("Pod", "payments", "first-1")["spec"]["nodeName"]
    stage.cluster.edit("Node", "", freed, lambda node: node["spec"].update(unschedulable=True))
    stage.cluster.delete("Pod", "payments", "first-1")
    await stage.wait(40)
    said = stage.cluster.get("Pod", "payments", "waits")["status"]["conditions"][0]["message"]
    assert "1 node(s) were unschedulable, 2 Insufficient cpu" in said
    stage.cluster.edit("Node", "", freed, lambda node: node["spec"].pop("unschedulable"))
    await stage.wait(5)
    assert stage.cluster.get("Pod", "payments", "waits")["spec"]["nodeName"] == freed
