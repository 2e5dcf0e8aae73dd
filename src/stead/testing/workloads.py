"""Workloads in trouble on a BareCluster, each as its controllers and kubelet would have left it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.domain.subject import Subject
from stead.testing.bare_cluster import BareCluster

_REVISION = "deployment.kubernetes.io/revision"


def broken_release(cluster: BareCluster) -> Subject:
    """Deployment payments/api: none of the two pods of revision 2 is available; revision 1 still serves with one."""
    good, bad = _template("registry.example.com/api:1"), _template("registry.example.com/api:2")
    bad["spec"]["containers"][0]["env"] = [{"name": "MODE", "value": "fast"}]
    bad["spec"]["containers"].append({"name": "sidecar", "image": "registry.example.com/sidecar:1"})
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "api"}}, "template": bad}
    metadata = {"name": "api", "namespace": "payments", "annotations": {_REVISION: "2"}}
    status = {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 1}
    cluster.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, "status": status})
    replica_set(cluster, 1, good, replicas=1, available=1)
    replica_set(cluster, 2, bad, replicas=2, available=0)
    return cluster.subject("Deployment", "api")


def replica_set(cluster: BareCluster, revision: int, template: Mapping[str, Any], *, replicas: int, available: int) -> None:
    """Put payments/api's ReplicaSet of this revision, in the place of one that is there."""
    labels = {"app": "api", "pod-template-hash": f"h{revision}"}
    cluster.put(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"api-h{revision}",
                "namespace": "payments",
                "labels": labels,
                "ownerReferences": [owner(cluster, "Deployment", "api")],
                "annotations": {_REVISION: str(revision)},
            },
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {**template, "metadata": {"labels": labels}}},
            "status": {"replicas": replicas, "readyReplicas": available, "availableReplicas": available},
        }
    )


def pod(
    cluster: BareCluster,
    name: str,
    *,
    of: tuple[str, str] | None = ("ReplicaSet", "api-h1"),
    ready: bool = False,
    node: str = "node-3",
    metadata: Mapping[str, Any] | None = None,
    volumes: tuple[Mapping[str, Any], ...] = (),
) -> Subject:
    """Put payments/`name`, bound to a node, owned by the controller `of` (kind, name)."""
    owners = [owner(cluster, *of)] if of else []
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}
    cluster.put(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "payments", "labels": {"app": "api"}, "ownerReferences": owners, **(metadata or {})},
            "spec": {"nodeName": node, "containers": [{"name": "api", "image": "registry.example.com/api:1"}], "volumes": list(volumes)},
            "status": status,
        }
    )
    return cluster.subject("Pod", name)


def stuck_pod(cluster: BareCluster, name: str = "api-h1-stuck", **given: Any) -> Subject:
    """A pod that is Terminating past its grace period, bound to node-9; whether that exists is the caller's."""
    metadata = {"deletionTimestamp": "2026-03-01T02:00:00Z", "deletionGracePeriodSeconds": 30, **given.pop("metadata", {})}
    return pod(cluster, name, node="node-9", metadata=metadata, **given)


def node(cluster: BareCluster, name: str) -> None:
    cluster.put({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})


def owner(cluster: BareCluster, kind: str, name: str) -> dict[str, Any]:
    """The owner reference that a controller writes."""
    subject = cluster.subject(kind, name)
    return {"apiVersion": subject.api_version, "kind": kind, "name": name, "uid": subject.uid, "controller": True}


def _template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [{"name": "api", "image": image}]}}


def cronjob(cluster: BareCluster, *, suspend: bool = False) -> Subject:
    """CronJob payments/nightly."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "nightly", "image": "registry.example.com/nightly:1"}]}}
    spec = {"schedule": "0 3 * * *", "suspend": suspend, "jobTemplate": {"spec": {"template": template}}}
    cluster.put({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "payments"}, "spec": spec})
    return cluster.subject("CronJob", "nightly")


def job(cluster: BareCluster, *, ended: str = "Failed", active: int = 0, spec: Mapping[str, Any] | None = None) -> Subject:
    """Job payments/migrate, which has `ended` as Failed or Complete, or ("") has not."""
    container = {"name": "migrate", "image": "registry.example.com/migrate:1", "args": ["up"]}
    template = {"metadata": {"labels": {"app": "migrate"}}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    conditions = [{"type": ended, "status": "True", "reason": "BackoffLimitExceeded"}] if ended else []
    cluster.put(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "migrate", "namespace": "payments", "labels": {"app": "migrate"}},
            "spec": {"backoffLimit": 2, "template": template, **(spec or {})},
            "status": {"active": active, "conditions": conditions},
        }
    )
    return cluster.subject("Job", "migrate")


def ready_node(cluster: BareCluster, name: str, *, cordoned: bool = False, ready: str = "True", **conditions: Any) -> Subject:
    """A node with its conditions: `MemoryPressure="True"`."""
    found = [{"type": "Ready", "status": ready}, *({"type": kind, "status": status} for kind, status in conditions.items())]
    spec = {"unschedulable": True} if cordoned else {}
    cluster.put({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec, "status": {"conditions": found}})
    return cluster.subject("Node", name, "")


def custom(cluster: BareCluster, group: str, version: str, kind: str, plural: str, spec: Mapping[str, Any], **parts: Any) -> Subject:
    """A custom resource payments/web of a kind whose definition takes anything; `parts` are its other fields."""
    open_schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": version, "served": True, "storage": True, "schema": open_schema}]
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    cluster.put(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": versions},
        }
    )
    metadata = {"name": "web", "namespace": "payments", **parts.pop("metadata", {})}
    cluster.put({"apiVersion": f"{group}/{version}", "kind": kind, "metadata": metadata, "spec": dict(spec), **parts})
    return cluster.subject(kind, "web")


def application(cluster: BareCluster, spec: Mapping[str, Any] | None = None, **parts: Any) -> Subject:
    """Argo CD application payments/web."""
    source = {"source": {"repoURL": "https://git.example.com/web", "targetRevision": "main"}}
    return custom(cluster, "argoproj.io", "v1alpha1", "Application", "applications", {**source, **(spec or {})}, **parts)


def helm_release(cluster: BareCluster, *, suspend: bool = False) -> Subject:
    """Flux HelmRelease payments/web."""
    return custom(cluster, "helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", {"suspend": suspend})
