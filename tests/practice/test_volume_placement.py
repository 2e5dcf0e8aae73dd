"""Volumes decide where pods may stand, and pods decide where volumes are made."""

from __future__ import annotations

import pytest

NO_HELP = "no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."


def storage_class(name: str, provisioner: str = "kubernetes.io/no-provisioner", **more) -> dict:
    meta = {"name": name}
    head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta}
    return {**head, "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer", **more}


def volume(name: str, node: str = "", size: str = "1Gi", **spec) -> dict:
    only = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    affinity = {"nodeAffinity": {"required": {"nodeSelectorTerms": [only]}}} if node else {}
    body = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local", "local": {"path": "/data"}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {**body, **affinity, **spec}}


def claim(name: str = "data", *, modes: tuple[str, ...] = ("ReadWriteOnce",), of: str = "local") -> dict:
    spec = {"accessModes": list(modes), "storageClassName": of, "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "payments"}, "spec": spec}


@pytest.fixture
def using(make_pod):
    def made(name: str, claimed: str = "data", **more) -> dict:
        return make_pod(name, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": claimed}}], **more)

    return made


def message(stage, name: str) -> str:
    return stage.cluster.get("Pod", "payments", name)["status"]["conditions"][0]["message"]


async def test_a_pod_goes_to_the_node_that_has_its_local_volume(stage, using):
    await stage.apply(storage_class("local"), volume("disk-1", "node-2"), claim(), seconds=1)
    assert stage.cluster.get("PersistentVolumeClaim", "payments", "data")["status"]["phase"] == "Pending"
    assert stage.events("WaitForFirstConsumer")[0]["message"] == "waiting for first consumer to be created before binding"
    await stage.apply(using("one"), seconds=5)
    assert stage.cluster.get("Pod", "payments", "one")["spec"]["nodeName"] == "node-2"
    bound = stage.cluster.get("PersistentVolumeClaim", "payments", "data")
    assert (bound["spec"]["volumeName"], bound["status"]["phase"]) == ("disk-1", "Bound")
    assert bound["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] == "node-2"
    await stage.apply(using("two", nodeSelector={"kubernetes.io/hostname": "node-1"}), seconds=5)
    assert message(stage, "two") == (
        "0/3 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 2 node(s) didn't match Pod's node "
        f"affinity/selector. {NO_HELP}"
    )


async def test_a_claim_that_no_volume_fits_holds_its_pod_until_one_comes(stage, using):
    await stage.apply(storage_class("local"), volume("small", "node-2", size="1Mi"), claim(), using("one"), seconds=5)
    assert message(stage, "one") == f"0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind. {NO_HELP}"
    await stage.apply(volume("large", "node-3", size="2Gi"), seconds=5)
    assert stage.cluster.get("Pod", "payments", "one")["spec"]["nodeName"] == "node-3"


async def test_a_class_makes_volumes_only_where_it_may(stage, using):
    zones = [{"matchLabelExpressions": [{"key": "kubernetes.io/hostname", "values": ["node-3"]}]}]
    await stage.apply(storage_class("fast", "csi.example.com", allowedTopologies=zones), claim(of="fast"), using("one"), seconds=5)
    assert stage.cluster.get("Pod", "payments", "one")["spec"]["nodeName"] == "node-3"
    assert stage.cluster.get("PersistentVolumeClaim", "payments", "data")["status"]["phase"] == "Bound"


async def test_a_volume_stays_in_its_zone(stage, using):
    zone = "topology.kubernetes.io/zone"
    for name, value in (("node-1", "a"), ("node-2", "a"), ("node-3", "b")):
        stage.cluster.edit("Node", "", name, lambda node, value=value: node["metadata"]["labels"].update({zone: value}))
    disk = volume("disk")
    disk["metadata"]["labels"] = {zone: "b"}
    await stage.apply(storage_class("local", volumeBindingMode="Immediate"), disk, claim(), seconds=2)
    await stage.apply(using("there"), using("elsewhere", nodeSelector={zone: "a"}), seconds=5)
    assert stage.cluster.get("Pod", "payments", "there")["spec"]["nodeName"] == "node-3"
    assert "2 node(s) had no available volume zone" in message(stage, "elsewhere")


async def test_a_claim_for_one_pod_serves_one_pod(stage, using):
    body = {"accessModes": ["ReadWriteOncePod"]}
    await stage.apply(storage_class("local"), volume("disk", **body), claim(modes=("ReadWriteOncePod",)), using("one"), seconds=5)
    await stage.apply(using("two"), seconds=5)
    said = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
    assert f"3 {said}" in message(stage, "two")
    stage.cluster.delete("Pod", "payments", "one", grace_seconds=0)
    await stage.wait(5)
    assert stage.cluster.get("Pod", "payments", "two")["spec"].get("nodeName")


async def test_a_claim_whose_volume_is_gone_says_so(stage, using):
    await stage.apply(storage_class("local"), volume("disk"), claim(), using("one"), seconds=5)
    stage.cluster.delete("Pod", "payments", "one", grace_seconds=0)
    stage.cluster.edit("PersistentVolume", "", "disk", lambda obj: obj["metadata"].pop("finalizers", None))
    stage.cluster.delete("PersistentVolume", "", "disk")
    await stage.apply(using("two"), seconds=5)
    assert "nodes are available:" in message(stage, "two")
    assert "non-existent" in message(stage, "two")
