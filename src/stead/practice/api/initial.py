"""The status that an object has in the moment of its creation, and what the server itself puts beside it.

Source: the `PrepareForCreate` of each strategy in `pkg/registry`.
"""

from __future__ import annotations

from stead.practice.objects import Obj, clone, each, inside

_STATUS: dict[str, Obj] = {
    "namespaces": {"phase": "Active"},
    "services": {"loadBalancer": {}},
    "persistentvolumeclaims": {"phase": "Pending"},
    "persistentvolumes": {"phase": "Pending"},
    "replicasets.apps": {"replicas": 0},
    "replicationcontrollers": {"replicas": 0},
    "statefulsets.apps": {"replicas": 0, "availableReplicas": 0},
    "daemonsets.apps": {
        "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
    },
    "horizontalpodautoscalers.autoscaling": {"currentReplicas": 0, "desiredReplicas": 0},
    "poddisruptionbudgets.policy": {
        "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
    },
    "ingresses.networking.k8s.io": {"loadBalancer": {}},
    "volumeattachments.storage.k8s.io": {"attached": False},
    "customresourcedefinitions.apiextensions.k8s.io": {
        "conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": None,
    },
}  # fmt: skip
_GATED: Obj = {
    "type": "PodScheduled", "status": "False", "lastProbeTime": None, "lastTransitionTime": None, "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}  # fmt: skip
_KEPT = frozenset({"nodes"})  # a kubelet registers its node with a status


def reset_status(resource: str, obj: Obj, *, custom: bool = False) -> None:
    if resource in _KEPT:
        return
    if custom:
        obj.pop("status", None)
    elif resource == "pods":
        gated = {"conditions": [dict(_GATED)]} if obj["spec"].get("schedulingGates") else {}
        obj["status"] = {"phase": "Pending", **gated, "qosClass": qos_class(obj["spec"])}
    elif resource == "customresourcedefinitions.apiextensions.k8s.io":
        stored = [version["name"] for version in each(obj["spec"], "versions") if version.get("storage")]
        obj["status"] = {**clone(_STATUS[resource]), "storedVersions": stored}
    else:
        obj["status"] = clone(_STATUS.get(resource, {}))


def qos_class(spec: Obj) -> str:
    """Guaranteed, Burstable or BestEffort (`pkg/apis/core/v1/helper/qos`)."""
    guaranteed, anything = True, False
    for container in [*spec["containers"], *each(spec, "initContainers")]:
        resources = inside(container, "resources")
        requests, limits = inside(resources, "requests"), inside(resources, "limits")
        anything = anything or any(name in ("cpu", "memory") for name in (*requests, *limits))
        guaranteed = guaranteed and all(name in limits and requests.get(name) == limits[name] for name in ("cpu", "memory"))
    return "BestEffort" if not anything else "Guaranteed" if guaranteed else "Burstable"


_META_ORDER = (
    "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip


def ordered(meta: Obj) -> Obj:
    """Metadata in the order in which Go writes it, empty parts dropped."""
    return {name: meta[name] for name in _META_ORDER if meta.get(name) not in (None, {}, [], "")}
