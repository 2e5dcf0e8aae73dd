"""What happens to an object on its way in, beside defaults and validation: the admission plugins that a real server has on.

Promise: each plugin may refuse (ApiError) or complete the caller's own copy; none writes to the store.
Sources: `plugin/pkg/admission/*` (NamespaceLifecycle, ServiceAccount, DefaultTolerationSeconds, Priority, ResourceQuota).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction

from stead.practice import quantity
from stead.practice.api import errors, webhooks
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
    _service_account(world, resource, obj)
    _tolerations(obj["spec"])


def _priority(world: World, resource: Resource, obj: Obj) -> None:
    spec = obj["spec"]
    name = spec.get("priorityClassName")
    value, policy = 0, "PreemptLowerPriority"
    if name:
        known = world.store.get("priorityclasses.scheduling.k8s.io", "", name)
        builtin = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
        if known is None and name not in builtin:
            why = f"no PriorityClass with name {name} was found"
            raise errors.forbidden(resource, obj["metadata"].get("name", ""), why)
        value = known["value"] if known else builtin[name]
        policy = (known or {}).get("preemptionPolicy", policy)
    spec.setdefault("priority", value)
    spec.setdefault("preemptionPolicy", policy)


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


def quota(world: World, resource: Resource, obj: Obj) -> None:
    """Refuse what a ResourceQuota of the namespace does not leave room for."""
    if not resource.namespaced or resource.key in ("resourcequotas", "events", "leases.coordination.k8s.io"):
        return
    for limit in world.store.list("resourcequotas", obj["metadata"]["namespace"]):
        hard: Obj = inside(limit["spec"], "hard")
        asked = {name: amount for name, amount in charges(resource.key, obj).items() if name in hard}
        used = usage(world, obj["metadata"]["namespace"], list(asked))
        over = [name for name in sorted(asked) if used[name] + asked[name] > quantity.parse(hard[name])]
        if over:
            raise errors.forbidden(resource, obj["metadata"].get("name", ""), _exceeded(limit, over, asked, used, hard))


def _exceeded(limit: Obj, over: list[str], asked: dict[str, Fraction], used: dict[str, Fraction], hard: Obj) -> str:
    def said(amounts: Callable[[str], str]) -> str:
        return ",".join(f"{name}={amounts(name)}" for name in over)

    return (
        f"exceeded quota: {name_of(limit)}, requested: {said(lambda n: quantity.text(asked[n], str(hard[n])))}, "
        f"used: {said(lambda n: quantity.text(used[n], str(hard[n])))}, limited: {said(lambda n: str(hard[n]))}"
    )


def charges(resource: str, obj: Obj) -> dict[str, Fraction]:
    """What one object costs a quota, by the quota's names."""
    plural, _, group = resource.partition(".")
    costs = {f"count/{plural}{'.' + group if group else ''}": Fraction(1)}
    if not group:
        costs[plural] = Fraction(1)
    if resource == "pods":
        for side in ("requests", "limits"):
            for name in ("cpu", "memory"):
                total = sum((_amount(c, side, name) for c in each(obj["spec"], "containers")), Fraction(0))
                costs[f"{side}.{name}"] = total
                if side == "requests":
                    costs[name] = total
    if resource == "persistentvolumeclaims":
        wanted = inside(obj["spec"], "resources", "requests").get("storage", "0")
        costs["requests.storage"] = quantity.parse(wanted)
    return costs


def _amount(container: Obj, side: str, name: str) -> Fraction:
    return quantity.parse(inside(container, "resources", side).get(name, "0"))


_COUNTED = {
    "requests.cpu": "pods", "requests.memory": "pods", "limits.cpu": "pods", "limits.memory": "pods", "cpu": "pods",
    "memory": "pods", "requests.storage": "persistentvolumeclaims",
}  # fmt: skip


def usage(world: World, namespace: str, names: list[str]) -> dict[str, Fraction]:
    total = {name: Fraction(0) for name in names}
    for name in names:
        resource = _COUNTED.get(name, name.removeprefix("count/"))
        for obj in world.store.list(resource, namespace):
            if resource == "pods" and inside(obj, "status").get("phase") in ("Succeeded", "Failed"):
                continue
            total[name] += charges(resource, obj).get(name, Fraction(0))
    return total


def admit(world: World, resource: Resource, obj: Obj) -> None:
    """All plugins for a creation, in order."""
    if resource.key == "pods":
        pod(world, resource, obj)
    elif resource.key == "services":
        service(world, obj)
    elif resource.key == "jobs.batch":
        job(obj)
    elif resource.key == "persistentvolumeclaims" and "storageClassName" not in obj["spec"]:
        _default_class(world, obj)
    webhooks.ask(world, resource, obj)
    quota(world, resource, obj)


def _default_class(world: World, claim: Obj) -> None:
    for storage in world.store.list("storageclasses.storage.k8s.io"):
        if inside(storage["metadata"], "annotations").get("storageclass.kubernetes.io/is-default-class") == "true":
            claim["spec"]["storageClassName"] = name_of(storage)
            return
