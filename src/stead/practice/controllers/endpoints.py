"""EndpointSlices and Endpoints: which pods stand behind a service.

Source: `pkg/controller/endpointslice`, `pkg/controller/endpoint`. One slice a service here; a real one splits at 100 addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stead.practice.controllers import pods
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, deleting, each, inside, labels_of, name_of, namespace_of, owner_reference, uid_of
from stead.practice.store import Change

SLICES = "endpointslices.discovery.k8s.io"
_MANAGER = "endpointslice-controller.k8s.io"


class Endpoints(Controller):
    name = "endpoint"
    watches = ("services", "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == "services":
            self.queue(change.key)
            return
        old = change.old.obj if change.old else None
        if old is not None and change.verb == "MODIFIED" and _face(old) == _face(change.obj):
            return
        for service in self.world.store.list("services", change.key[0]):
            if any(obj is not None and _selected(service, obj) for obj in (old, change.obj)):
                self.queue((namespace_of(service), name_of(service)))

    def reconcile(self, key: Key) -> None:
        service = self.world.store.get("services", *key)
        if service is None:
            self.world.store.remove("endpoints", key)  # Endpoints carry no owner; slices do, and are collected
            return
        if not service["spec"].get("selector"):
            return
        found = [pod for pod in self.world.store.list("pods", key[0]) if _selected(service, pod) and _shown(pod)]
        self._put_slice(service, found)
        self._put_endpoints(service, found)

    def _put_slice(self, service: Obj, found: Sequence[Obj]) -> None:
        key = (namespace_of(service), f"{name_of(service)}-{uid_of(service)[:5]}")
        content = {"endpoints": [_endpoint(pod) for pod in found], "ports": _ports(service, found)}
        if self.world.store.get(SLICES, *key) is not None:
            self.world.edit(SLICES, key, lambda obj: obj.update(content))
            return
        labels = {"endpointslice.kubernetes.io/managed-by": _MANAGER, "kubernetes.io/service-name": name_of(service)}
        meta = {"name": key[1], "labels": {**labels_of(service), **labels}, "ownerReferences": [owner_reference(service)]}
        obj = {"metadata": meta, "addressType": "IPv4", **content}
        self.writes.create(self.world.registry.named("endpointslices"), obj, key[0])

    def _put_endpoints(self, service: Obj, found: Sequence[Obj]) -> None:
        key = (namespace_of(service), name_of(service))
        up = [_address(pod) for pod in found if pods.ready(pod) and not deleting(pod)]
        down = [_address(pod) for pod in found if not pods.ready(pod) and not deleting(pod)]
        subset: Obj = {}
        if up:
            subset["addresses"] = up
        if down:
            subset["notReadyAddresses"] = down
        content = {"subsets": [{**subset, "ports": _ports(service, found)}] if subset else []}
        if self.world.store.get("endpoints", *key) is not None:
            self.world.edit("endpoints", key, lambda obj: obj.update(content))
        else:
            obj = {"metadata": {"name": key[1], "labels": dict(labels_of(service))}, **content}
            self.writes.create(self.world.registry.named("endpoints"), obj, key[0])


def _face(pod: Obj) -> tuple[Any, ...]:
    """What a service sees of a pod."""
    return (labels_of(pod), inside(pod, "status").get("podIP"), pods.ready(pod), deleting(pod), pods.phase(pod))


def _selected(service: Obj, pod: Obj) -> bool:
    selector = service["spec"].get("selector")
    return bool(selector) and selector.items() <= labels_of(pod).items()


def _shown(pod: Obj) -> bool:
    return bool(inside(pod, "status").get("podIP")) and pods.phase(pod) not in ("Succeeded", "Failed")


def _target(pod: Obj) -> Obj:
    return {"kind": "Pod", "namespace": namespace_of(pod), "name": name_of(pod), "uid": uid_of(pod)}


def _endpoint(pod: Obj) -> Obj:
    serving = pods.ready(pod)
    state = {"ready": serving and not deleting(pod), "serving": serving, "terminating": deleting(pod)}
    address = [pod["status"]["podIP"]]
    return {"addresses": address, "conditions": state, "targetRef": _target(pod), "nodeName": pod["spec"].get("nodeName", "")}


def _address(pod: Obj) -> Obj:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName", ""), "targetRef": _target(pod)}


def _ports(service: Obj, found: Sequence[Obj]) -> list[Obj]:
    shown: list[Obj] = []
    for port in each(service["spec"], "ports"):
        number = _number(port, found)
        if number is not None:
            shown.append({"name": port.get("name", ""), "port": number, "protocol": port.get("protocol", "TCP")})
    return shown


def _number(port: Obj, found: Sequence[Obj]) -> int | None:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for pod in found:
        for container in pod["spec"]["containers"]:
            for declared in each(container, "ports"):
                if declared.get("name") == target:
                    return declared["containerPort"]
    return None
