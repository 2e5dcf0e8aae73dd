"""What happens to an object on its way in, beside defaults and validation: the admission plugins that a real server has on.

Promise: each plugin may refuse (ApiError) or complete the caller's own copy; none writes to the store.
Sources: `plugin/pkg/admission/*` (NamespaceLifecycle, LimitRanger, ServiceAccount, DefaultTolerationSeconds, Priority, ResourceQuota).
"""

from __future__ import annotations

import hashlib

from stead.practice.api import errors, limits, quotas, webhooks
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, deleting, each, inside, name_of
from stead.practice.world import World

_ACCESS_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def namespace_lifecycle(world: World, resource: Resource, obj: Obj) -> None:
    """Nothing is created in a namespace that is missing or on its way out."""
    if not resource.namespaced:
        return
    name = obj["metadata"]["namespace"]
    namespace = world.store.get("namespaces", "", name)
    if namespace is None:
        raise errors.not_found(world.registry.named("namespaces"), name)
    if deleting(namespace):
        why = f"unable to create new content in namespace {name} because it is being terminated"
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {name} is being terminated",
            "field": "metadata.namespace",
        }
        raise errors.forbidden(resource, obj["metadata"].get("name", ""), why, [cause])


def pod(world: World, resource: Resource, obj: Obj) -> None:
    _priority(world, resource, obj)
    _runtime(world, resource, obj)
    _service_account(world, resource, obj)
    _tolerations(obj["spec"])


def _priority(world: World, resource: Resource, obj: Obj) -> None:
    spec = obj["spec"]
    name = spec.get("priorityClassName") or _usual_class(world)
    value, policy = 0, "PreemptLowerPriority"
    if name:
        known = world.store.get("priorityclasses.scheduling.k8s.io", "", name)
        builtin = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
        if known is None and name not in builtin:
            why = f"no PriorityClass with name {name} was found"
            raise errors.forbidden(resource, obj["metadata"].get("name", ""), why)
        value = known["value"] if known else builtin[name]
        policy = (known or {}).get("preemptionPolicy", policy)
        spec["priorityClassName"] = name
    spec.setdefault("priority", value)
    spec.setdefault("preemptionPolicy", policy)


def _usual_class(world: World) -> str:
    """The class of pods that name none; of several that claim to be it, the one of the least value."""
    found = [given for given in world.store.list("priorityclasses.scheduling.k8s.io") if given.get("globalDefault")]
    return name_of(min(found, key=lambda given: given["value"])) if found else ""


def _runtime(world: World, resource: Resource, obj: Obj) -> None:
    name = obj["spec"].get("runtimeClassName")
    if not name:
        return
    known = world.store.get("runtimeclasses.node.k8s.io", "", name)
    if known is None:
        raise errors.forbidden(resource, obj["metadata"].get("name", ""), f'pod rejected: RuntimeClass "{name}" not found')
    if overhead := inside(known, "overhead").get("podFixed"):
        obj["spec"]["overhead"] = dict(overhead)


def _service_account(world: World, resource: Resource, obj: Obj) -> None:
    spec, meta = obj["spec"], obj["metadata"]
    name = spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = name
    account = world.store.get("serviceaccounts", meta["namespace"], name)
    if account is None:
        why = f'error looking up service account {meta["namespace"]}/{name}: serviceaccount "{name}" not found'
        raise errors.forbidden(resource, meta.get("name", ""), why)
    wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    if wanted and not any(_mounts_token(container) for container in spec["containers"]):
        _mount_token(spec, "kube-api-access-" + world.names.suffix("token", meta["namespace"], meta["name"]))


def _mounts_token(container: Obj) -> bool:
    return any(mount.get("mountPath") == _ACCESS_PATH for mount in each(container, "volumeMounts"))


def _mount_token(spec: Obj, volume: str) -> None:
    namespace_field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace_field]}},
    ]
    spec["volumes"] = [*each(spec, "volumes"), {"name": volume, "projected": {"sources": sources, "defaultMode": 420}}]
    for container in [*each(spec, "initContainers"), *spec["containers"]]:
        mount = {"name": volume, "readOnly": True, "mountPath": _ACCESS_PATH}
        container["volumeMounts"] = [*each(container, "volumeMounts"), mount]


def _tolerations(spec: Obj) -> None:
    present: list[Obj] = each(spec, "tolerations")
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(t.get("key") in (key, None) and t.get("effect") in ("NoExecute", None) for t in present):
            toleration = {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            present = [*present, toleration]
    spec["tolerations"] = present


def service(world: World, obj: Obj) -> None:
    """Hand out a cluster address from 10.96.0.0/12 and node ports, by the object's name, stepping over those in use."""
    spec, meta = obj["spec"], obj["metadata"]
    if spec["type"] == "ExternalName":
        return
    others = world.store.list("services")
    if not spec.get("clusterIP"):
        taken = {other["spec"].get("clusterIP") for other in others}
        spec["clusterIP"] = _free_address(f"{meta['namespace']}/{meta['name']}", taken)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] in ("NodePort", "LoadBalancer"):
        used = {port.get("nodePort") for other in others for port in each(other["spec"], "ports")}
        for port in each(spec, "ports"):
            if not port.get("nodePort"):
                port["nodePort"] = _free_port(f"{meta['name']}/{port['port']}", used)
                used.add(port["nodePort"])


def _free_address(name: str, taken: set[str | None]) -> str:
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    for step in range(1 << 16):
        number = (start + step) % (1 << 16)
        address = f"10.96.{number >> 8}.{number & 255}"
        if number % 256 not in (0, 255) and number > 20 and address not in taken:
            return address
    raise errors.ApiError(500, "InternalError", "failed to allocate a serviceIP: range is full")


def _free_port(name: str, used: set[int | None]) -> int:
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return next(port for step in range(2768) if (port := 30000 + (start + step) % 2768) not in used)


def job(obj: Obj) -> None:
    """A job finds its pods by its own uid, unless it was told how (`manualSelector`)."""
    spec, uid, name = obj["spec"], obj["metadata"]["uid"], obj["metadata"]["name"]
    if spec.get("manualSelector"):
        return
    labels = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name}
    meta = spec["template"]["metadata"]
    meta["labels"] = {**inside(meta, "labels"), **labels}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def admit(world: World, resource: Resource, obj: Obj) -> None:
    """All plugins for a creation, in order."""
    if resource.key == "pods":
        pod(world, resource, obj)
        limits.apply(world, resource, obj)
    elif resource.key == "services":
        service(world, obj)
    elif resource.key == "jobs.batch":
        job(obj)
    elif resource.key == "persistentvolumeclaims" and "storageClassName" not in obj["spec"]:
        _default_class(world, obj)
    if resource.key == "persistentvolumeclaims":
        limits.apply(world, resource, obj)
    webhooks.ask(world, resource, obj)
    quotas.admit(world, resource, obj)


def _default_class(world: World, claim: Obj) -> None:
    for storage in world.store.list("storageclasses.storage.k8s.io"):
        if inside(storage["metadata"], "annotations").get("storageclass.kubernetes.io/is-default-class") == "true":
            claim["spec"]["storageClassName"] = name_of(storage)
            return
