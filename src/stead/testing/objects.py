"""Kubernetes objects as their API gives them, for trying checks: healthy unless a test says otherwise, an hour old at `NOW`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NAMESPACE = "payments"


def ago(**span: float) -> str:
    """The time that many `minutes=`, `hours=`, … before NOW, as Kubernetes writes it."""
    return (NOW - timedelta(**span)).isoformat().replace("+00:00", "Z")


def metadata(name: str, namespace: str = NAMESPACE, **more: Any) -> Json:
    return {"name": name, "namespace": namespace, "uid": f"uid-{name}", "creationTimestamp": ago(hours=1)} | more


def owner(kind: str, name: str, api_version: str = "apps/v1") -> list[Json]:
    """The ownerReferences of what `kind` `name` controls."""
    return [{"apiVersion": api_version, "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def condition(type_: str, status: str = "True", since: str = "", **more: Any) -> Json:
    return {"type": type_, "status": status, "lastTransitionTime": since or ago(hours=1), "lastProbeTime": None} | more


def waiting(reason: str, message: str = "", **more: Any) -> Json:
    """A container's status that waits."""
    return container_status(state={"waiting": {"reason": reason, "message": message}}, ready=False, **more)


def ended(exit_code: int, reason: str = "Error", finished: str = "", started: str = "") -> Json:
    """A `terminated` state."""
    return {
        "terminated": {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": started or finished or ago(minutes=2),
            "finishedAt": finished or ago(minutes=2),
        }
    }


def container_status(name: str = "app", **more: Any) -> Json:
    running = {"running": {"startedAt": ago(hours=1)}}
    return {"name": name, "ready": True, "started": True, "restartCount": 0, "state": running, "lastState": {}} | more


def pod(name: str = "api-7c9f-x2x4z", *, statuses: Sequence[Json] | None = None, spec: Json | None = None, **more: Any) -> Json:
    """A running pod of Deployment payments/api on node-3. `statuses` are its containers'; `meta`, `phase`, `conditions`,
    `init_statuses` replace what is there."""
    meta: Json = metadata(name, labels={"app": "api", "pod-template-hash": "7c9f"}, ownerReferences=owner("ReplicaSet", "api-7c9f"))
    shown = [container_status()] if statuses is None else list(statuses)
    well = all(status["ready"] for status in shown)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta | more.get("meta", {}),
        "spec": {"nodeName": "node-3", "restartPolicy": "Always", "containers": [{"name": "app", "image": "example.com/api:12"}]}
        | (spec or {}),
        "status": {
            "phase": more.get("phase", "Running"),
            "startTime": ago(hours=1),
            "conditions": more.get("conditions", [condition("PodScheduled"), condition("Ready", "True" if well else "False")]),
            "initContainerStatuses": more.get("init_statuses", []),
            "containerStatuses": shown,
        },
    }


def pending(reason: str = "Unschedulable", message: str = "", since: str = "", **more: Any) -> Json:
    """A pod without a node."""
    scheduled = condition("PodScheduled", "False", since, reason=reason, message=message)
    return pod(phase="Pending", statuses=[], conditions=[scheduled], spec={"nodeName": None} | more.pop("spec", {}), **more)


def node(name: str = "node-3", ready: str = "True", since: str = "", **more: Any) -> Json:
    """A node. `conditions` are added; `meta` and `spec` replace."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(name, "") | more.get("meta", {}),
        "spec": more.get("spec", {}),
        "status": {"conditions": [condition("Ready", ready, since, reason="KubeletReady"), *more.get("conditions", [])]},
    }


def config_map(name: str = "settings", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name), "data": data}


def deployment(name: str = "api", *, replicas: int = 2, available: int | None = None, **more: Any) -> Json:
    """A Deployment that came up, with `available` of its `replicas`. `conditions`, `status`, `spec` and `meta` replace what is there."""
    have = replicas if available is None else available
    conditions = more.get("conditions", [condition("Progressing", reason="NewReplicaSetAvailable"), condition("Available")])
    status = {
        "observedGeneration": 3,
        "replicas": replicas,
        "readyReplicas": have,
        "availableReplicas": have,
        "unavailableReplicas": replicas - have,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, generation=3) | more.get("meta", {}),
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": name}}}} | more.get("spec", {}),
        "status": status | {"conditions": conditions} | more.get("status", {}),
    }


def replica_set(name: str = "api-7c9f", deployment_name: str = "api") -> Json:
    meta = metadata(name, ownerReferences=owner("Deployment", deployment_name), labels={"pod-template-hash": name.rpartition("-")[2]})
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": {"replicas": 2}, "status": {"replicas": 2}}


def service(name: str = "api", selector: Mapping[str, str] | None = None, **more: Any) -> Json:
    spec = {"type": "ClusterIP", "clusterIP": "10.0.0.7", "selector": {"app": "api"} if selector is None else dict(selector)}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name) | more.get("meta", {}),
        "spec": spec | more.get("spec", {}),
    }


def endpoint_slice(service_name: str = "api", ready: Sequence[bool | None] = (True,)) -> Json:
    ends = [{"addresses": [f"10.1.0.{number}"], "conditions": {"ready": is_ready}} for number, is_ready in enumerate(ready, 1)]
    meta = metadata(f"{service_name}-abcde", labels={"kubernetes.io/service-name": service_name})
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "endpoints": ends or None}


def claim(name: str = "data", phase: str = "Pending", **more: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(name) | more.get("meta", {}),
        "spec": more.get("spec", {"storageClassName": "fast"}),
        "status": {"phase": phase},
    }


def storage_class(name: str = "fast", binding: str = "Immediate") -> Json:
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata(name, ""), "volumeBindingMode": binding}


def job(name: str = "import-1", cron: str = "", **status: Any) -> Json:
    more: Json = {"ownerReferences": owner("CronJob", cron, "batch/v1")} if cron else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(name, **more),
        "spec": {},
        "status": {"startTime": ago(hours=1)} | status,
    }
