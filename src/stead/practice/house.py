"""A homelab to practise on: four nodes, a few services that are well, and five things that can go wrong in it.

Everything a fault needs stands beside it, so a fault is one call.
"""

from __future__ import annotations

from typing import Any

from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image
from stead.practice.run_roles import read_rules

Manifest = dict[str, Any]

NODES = ("node-1", "node-2", "node-3", "node-4")
REGISTRY = "registry.example.com"

READER, WRITER = "stead-reader", "stead-writer"

# Somebody forgot the claims, which is the fifth thing that is wrong here.
READ_RULES: list[Manifest] = [rule for rule in read_rules() if rule["resources"] != ["persistentvolumeclaims"]]
WRITE_RULES: list[Manifest] = [
    *READ_RULES,
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "daemonsets"], "verbs": ["patch"]},
]

APP = f"{REGISTRY}/app:1"
API = f"{REGISTRY}/api:1.4"
SHOP, SHOP_NEXT = f"{REGISTRY}/shop:2.0", f"{REGISTRY}/shop:2.1"


async def furnish(cluster: PracticeCluster) -> None:
    """Nodes, people and healthy services. The transcoder lands on node-4, which is there before the others."""
    cluster.image(APP, Image())
    cluster.image(API, Image(needs_env=["DATABASE_URL"]))
    cluster.image(SHOP, Image())
    cluster.image(SHOP_NEXT, Image(exit_code=1, exit_after=2, ready_after=5, logs=["panic: schema version 41 is newer than this program"]))
    cluster.user(READER, READ_RULES)
    cluster.user(WRITER, WRITE_RULES)
    for namespace in ("payments", "media", "shop", "home"):
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    cluster.apply(node_manifest(NODES[-1]), deployment("media", "transcoder", APP, 1))
    await cluster.settle()
    for node in NODES[:-1]:
        cluster.apply(node_manifest(node))
    cluster.apply(
        deployment("media", "library", APP, 2, node="node-1"),
        deployment("shop", "web", SHOP, 2, node="node-2", progress_deadline=60, probe=True),
        service("shop", "web"),
    )
    for name in ("calendar", "notes", "photos", "recipes", "weather"):
        cluster.apply(deployment("home", name, APP, 6, node="node-3"))


def break_configuration(cluster: PracticeCluster) -> None:
    """A Deployment whose program needs a setting that its ConfigMap does not have."""
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "api-config", "namespace": "payments"},
            "data": {"log-level": "info"},
        },
        deployment(
            "payments",
            "api",
            API,
            2,
            node="node-1",
            env=[
                {
                    "name": "DATABASE_URL",
                    "valueFrom": {"configMapKeyRef": {"name": "api-config", "key": "database-url", "optional": True}},
                }
            ],
        ),
    )


def strand_pod(cluster: PracticeCluster) -> str:
    """A pod is deleted while its node dies, and the node is then taken out of the cluster: nobody will ever confirm. Its name."""
    pod = next(p for p in cluster.list("Pod", "media") if p["metadata"]["name"].startswith("transcoder-"))
    name, node = pod["metadata"]["name"], pod["spec"]["nodeName"]
    cluster.fail_node(node)
    cluster.delete("Pod", "media", name)
    cluster.remove_node(node)
    return name


def ship_broken_release(cluster: PracticeCluster) -> None:
    """A new revision whose containers end right after they start; the old one still serves."""
    cluster.apply(deployment("shop", "web", SHOP_NEXT, 2, node="node-2", progress_deadline=60, probe=True))


def kill_node(cluster: PracticeCluster) -> None:
    """The node with thirty pods falls silent."""
    cluster.fail_node("node-3")


def revive_node(cluster: PracticeCluster) -> None:
    cluster.restore_node("node-3")


def node_manifest(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"capacity": {"cpu": "8", "memory": "16Gi", "pods": "110"}, "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"}},
    }


def deployment(
    namespace: str,
    name: str,
    image: str,
    replicas: int,
    *,
    node: str | None = None,
    env: list[Manifest] | None = None,
    progress_deadline: int = 600,
    probe: bool = False,
) -> Manifest:
    container: Manifest = {"name": name, "image": image, "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}}
    if env:
        container["env"] = env
    if probe:
        container["readinessProbe"] = {"httpGet": {"path": "/", "port": 8080}}
    spec: Manifest = {"containers": [container]}
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": progress_deadline,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


def service(namespace: str, name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
