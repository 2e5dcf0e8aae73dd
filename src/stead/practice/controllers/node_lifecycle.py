"""Nodes that fall silent: Unknown after the grace period, tainted, their pods not ready, then evicted; and the way back.

Source: `pkg/controller/nodelifecycle` (node-monitor-grace-period 50 s since 1.32), `pkg/controller/tainteviction`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.practice import timestamps
from stead.practice.api.deletion import DeleteOptions
from stead.practice.controllers.base import Controller
from stead.practice.kubelet.heartbeat import LEASE_NAMESPACE, LEASES
from stead.practice.objects import Key, Obj, condition, condition_status, deleting, each, inside, key_of, name_of, set_condition
from stead.practice.scheduler.taints import tolerates
from stead.practice.store import Change

GRACE = timedelta(seconds=50)
_MONITOR = timedelta(seconds=5)
_UNREACHABLE, _NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
_PRESSURES = {"MemoryPressure": "memory-pressure", "DiskPressure": "disk-pressure", "PIDPressure": "pid-pressure"}
_OWN = {_UNREACHABLE, _NOT_READY, *(f"node.kubernetes.io/{name}" for name in _PRESSURES.values()), "node.kubernetes.io/unschedulable"}
_SILENT = "NodeStatusUnknown"


class NodeLifecycle(Controller):
    name = "node-lifecycle"
    watches = ("nodes",)

    def reconcile(self, key: Key) -> None:
        node = self.world.store.get("nodes", *key)
        if node is None:
            return
        silent_since = self._last_word(node)
        if silent_since + GRACE <= self.world.now:
            self._mark_unknown(node)
            self.world.engine.after(_MONITOR, self, key)
        else:
            self.world.engine.at(silent_since + GRACE, self, key)
        node = self.world.store.get("nodes", *key) or node
        self._taint(node)
        if condition_status(node, "Ready") != "True":
            self._pods_not_ready(node)

    def _last_word(self, node: Obj) -> datetime:
        lease = self.world.store.get(LEASES, LEASE_NAMESPACE, name_of(node))
        if lease is not None:
            return timestamps.parse(lease["spec"]["renewTime"])
        return timestamps.parse(node["metadata"]["creationTimestamp"])

    def _mark_unknown(self, node: Obj) -> None:
        ready = condition(node, "Ready")
        if ready is not None and ready["status"] == "Unknown":
            return
        stamp = self.world.timestamp

        def unknown(obj: Obj) -> None:
            for kind in (*_PRESSURES, "Ready"):
                old = condition(obj, kind) or {"lastHeartbeatTime": obj["metadata"]["creationTimestamp"]}
                said = {"type": kind, "status": "Unknown", "lastHeartbeatTime": old["lastHeartbeatTime"]}
                message = "Kubelet stopped posting node status."
                set_condition(obj, {**said, "reason": _SILENT, "message": message}, stamp)

        self.world.edit("nodes", key_of(node), unknown)
        message = f"Node {name_of(node)} status is now: NodeNotReady"
        self.world.events.normal(node, "node-controller", "NodeNotReady", message)

    def _taint(self, node: Obj) -> None:
        """Exactly the taints that follow from the conditions, beside those that people have set."""
        present: list[Obj] = each(node, "spec", "taints")
        theirs = [taint for taint in present if taint["key"] not in _OWN]
        known = {(taint["key"], taint["effect"]): taint for taint in present}
        wanted: list[Obj] = []
        for key, effect in self._wanted_taints(node):
            new: Obj = {"key": key, "effect": effect, "timeAdded": self.world.timestamp}
            wanted.append(known.get((key, effect), new))
        if [*theirs, *wanted] == present:
            return

        def taint(obj: Obj) -> None:
            obj.setdefault("spec", {})["taints"] = [*theirs, *wanted]
            if not obj["spec"]["taints"]:
                del obj["spec"]["taints"]

        self.world.edit("nodes", key_of(node), taint)

    def _wanted_taints(self, node: Obj) -> list[tuple[str, str]]:
        ready = condition_status(node, "Ready")
        found: list[tuple[str, str]] = []
        if ready == "Unknown":
            found += [(_UNREACHABLE, "NoSchedule"), (_UNREACHABLE, "NoExecute")]
        elif ready != "True":
            found += [(_NOT_READY, "NoSchedule"), (_NOT_READY, "NoExecute")]
        found += [
            (f"node.kubernetes.io/{name}", "NoSchedule") for kind, name in _PRESSURES.items() if condition_status(node, kind) == "True"
        ]
        if inside(node, "spec").get("unschedulable"):
            found.append(("node.kubernetes.io/unschedulable", "NoSchedule"))
        return found

    def _pods_not_ready(self, node: Obj) -> None:
        for pod in self.world.indexes.pods_on(name_of(node)):
            ready = condition(pod, "Ready")
            if ready is None or ready["status"] != "True":
                continue
            new = {**ready, "status": "False"}
            self.world.edit("pods", key_of(pod), lambda obj, new=new: set_condition(obj, new, self.world.timestamp))
            self.world.events.warning(pod, "node-controller", "NodeNotReady", "Node is not ready")


class TaintEviction(Controller):
    """Deletes pods that do not tolerate a NoExecute taint of their node, or no longer."""

    name = "taint-eviction"
    watches = ("nodes", "pods")

    def start(self) -> None:
        super().start()
        self._noticed: dict[tuple[str, str], datetime] = {}

    def on_change(self, change: Change) -> None:
        if change.resource == "nodes" and change.verb == "DELETED":
            self._forget(change.key[1], set())
        if change.resource == "nodes":
            before = inside(change.old.obj if change.old else {}, "spec").get("taints")
            if change.verb != "DELETED" and before != inside(change.obj, "spec").get("taints"):
                self._forget(change.key[1], {taint["key"] for taint in each(change.obj, "spec", "taints")})
                for pod in self.world.indexes.pods_on(change.key[1]):
                    self.queue(key_of(pod))
        elif change.verb != "DELETED" and (change.old is None or not change.old.obj["spec"].get("nodeName")):
            self.queue(change.key)

    def reconcile(self, key: Key) -> None:
        pod = self.world.store.get("pods", *key)
        if pod is None or deleting(pod):
            return
        node = self.world.store.get("nodes", "", pod["spec"].get("nodeName", ""))
        taints = [t for t in each(node or {}, "spec", "taints") if t["effect"] == "NoExecute"]
        due = min((when for taint in taints if (when := self._due(pod, taint)) is not None), default=None)
        if due is None:
            return
        if due > self.world.now:
            self.world.engine.at(due, self, key)
        else:
            self._evict(pod)

    def _due(self, pod: Obj, taint: Obj) -> datetime | None:
        """When the pod has to go because of this taint; None when it tolerates it for ever."""
        matching = [t for t in each(pod["spec"], "tolerations") if tolerates(t, taint)]
        if not matching:
            return self.world.now
        seconds = [t["tolerationSeconds"] for t in matching if t.get("tolerationSeconds") is not None]
        if len(seconds) < len(matching):
            return None
        added = taint.get("timeAdded")
        since = timestamps.parse(added) if added else self._noticed.setdefault((pod["spec"]["nodeName"], taint["key"]), self.world.now)
        return since + timedelta(seconds=max(0, min(seconds)))

    def _forget(self, node: str, but: set[str]) -> None:
        """Only taints that somebody sets by hand have to be remembered: they say nothing of when they came."""
        self._noticed = {place: when for place, when in self._noticed.items() if place[0] != node or place[1] in but}

    def _evict(self, pod: Obj) -> None:
        key = key_of(pod)
        self.world.events.normal(pod, "taint-eviction-controller", "TaintManagerEviction", f"Marking for deletion Pod {key[0]}/{key[1]}")
        target = {
            "type": "DisruptionTarget",
            "observedGeneration": pod["metadata"].get("generation", 1),
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
        }
        self.world.edit("pods", key, lambda obj: set_condition(obj, target, self.world.timestamp))
        self.deletes.delete(self.world.registry.named("pods"), key, DeleteOptions())
