"""The kubelet's other duty: to register its node, keep its lease fresh and its conditions true.

Source: `pkg/kubelet/kubelet_node_status.go`, `pkg/kubelet/apis/config` (lease of 40 s renewed every 10 s, status every 5 min).
"""

from __future__ import annotations

from datetime import timedelta

from stead.practice import timestamps
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, condition, deleting, each, name_of, uid_of
from stead.practice.store import Change
from stead.practice.world import World

LEASES, LEASE_NAMESPACE = "leases.coordination.k8s.io", "kube-node-lease"
RENEW = timedelta(seconds=10)
REPORT = timedelta(minutes=5)
_GOOD = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


class Heartbeats(Controller):
    name = "kubelet-heartbeat"
    watches = ("nodes",)

    def on_change(self, change: Change) -> None:
        if change.verb != "MODIFIED" or (self._can_lease() and not self._lease(change.key[1])):
            self.queue(change.key)

    def _can_lease(self) -> bool:
        namespace = self.world.store.get("namespaces", "", LEASE_NAMESPACE)
        return namespace is not None and not deleting(namespace)

    def _lease(self, node: str) -> Obj | None:
        return self.world.store.get(LEASES, LEASE_NAMESPACE, node)

    def reconcile(self, key: Key) -> None:
        node = self.world.store.get("nodes", *key)
        if node is None or not self.world.kubelet_runs(key[1]):
            return
        self._renew(node)
        self._report(node)
        self.world.engine.after(RENEW, self, key)

    def _renew(self, node: Obj) -> None:
        name, now = name_of(node), timestamps.micros(self.world.now)
        lease = self._lease(name)
        if lease is not None:
            self.world.edit(LEASES, (LEASE_NAMESPACE, name), lambda obj: obj["spec"].update(renewTime=now))
            return
        if not self._can_lease():
            return
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid_of(node)}
        meta = {"name": name, "ownerReferences": [owner]}
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now}
        self.writes.create(self.world.registry.named("leases"), {"metadata": meta, "spec": spec}, LEASE_NAMESPACE)

    def _report(self, node: Obj) -> None:
        """Say that all is well: when it was said otherwise, or when the last word is five minutes old."""
        now = self.world.now
        ready = condition(node, "Ready")
        if ready and ready["status"] == "True" and timestamps.parse(ready["lastHeartbeatTime"]) + REPORT > now:
            return
        came_back = ready is not None and ready["status"] != "True"
        stamp = self.world.timestamp
        self.world.edit("nodes", ("", name_of(node)), lambda obj: _describe(self.world, obj, stamp))
        if came_back or ready is None:
            self.world.events.normal(node, "kubelet", "NodeReady", f"Node {name_of(node)} status is now: NodeReady", host=name_of(node))


def _describe(world: World, node: Obj, stamp: str) -> None:
    status = node.setdefault("status", {})
    for kind, value, reason, message in _GOOD:
        old = condition(node, kind)
        if old is not None and old["status"] != value and kind != "Ready" and old["status"] != "Unknown":
            continue  # a pressure that a scenario has set stays
        moved = old["lastTransitionTime"] if old and old["status"] == value else stamp
        fresh = {
            "type": kind,
            "status": value,
            "lastHeartbeatTime": stamp,
            "lastTransitionTime": moved,
            "reason": reason,
            "message": message,
        }
        others = [item for item in each(status, "conditions") if item["type"] != kind]
        status["conditions"] = [*others, fresh]
    name = name_of(node)
    address = f"192.0.2.{10 + len([n for n in world.store.list('nodes') if name_of(n) < name])}"
    status.setdefault("capacity", {"cpu": "4", "ephemeral-storage": "102Gi", "memory": "8Gi", "pods": "110"})
    status.setdefault("allocatable", dict(status["capacity"]))
    status.setdefault("addresses", [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}])
    status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 10250}})
    status.setdefault("nodeInfo", _info(world, name))
    labels = node["metadata"].setdefault("labels", {})
    for label, value in (("kubernetes.io/arch", "amd64"), ("kubernetes.io/os", "linux"), ("kubernetes.io/hostname", name)):
        labels.setdefault(label, value)


def _info(world: World, name: str) -> Obj:
    return {
        "machineID": world.names.hex(32, "machine", name),
        "systemUUID": world.names.uid("system", name),
        "bootID": world.names.uid("boot", name),
        "kernelVersion": "6.1.0-28-amd64",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kubeletVersion": "v1.36.2",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }
