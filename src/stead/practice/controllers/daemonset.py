"""DaemonSets: one pod on every node that it may run on. Source: `pkg/controller/daemon/{daemon_controller,update}.go`."""

from __future__ import annotations

from stead.practice.api.errors import ApiError
from stead.practice.controllers import pods, revisions
from stead.practice.controllers.pods import PodMaker
from stead.practice.controllers.replicas import scaled
from stead.practice.objects import Key, Obj, clone, deleting, each, inside, key_of, labels_of, name_of
from stead.practice.scheduler.filters import place_misfits
from stead.practice.store import Change

RESOURCE = "daemonsets.apps"
_TOLERATED = (
    ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
)  # fmt: skip


class DaemonSets(PodMaker):
    name = "daemonset"
    watches = (RESOURCE, "pods", "nodes")

    def on_change(self, change: Change) -> None:
        if change.resource == "pods":
            self.queue_owner(change, "DaemonSet")
        elif change.resource == RESOURCE:
            self.queue(change.key)
        elif change.old is None or change.verb == "DELETED" or _place(change.old.obj) != _place(change.obj):
            for owner in self.world.store.list(RESOURCE):
                self.queue(key_of(owner))

    def reconcile(self, key: Key) -> None:
        owner = self.world.store.get(RESOURCE, *key)
        if owner is None:
            return
        update = revisions.current(self, owner).rpartition("-")[2]
        wanted = [node for node in self.world.store.list("nodes") if self._runs_on(owner, node)]
        if not deleting(owner):
            self._place(owner, wanted, update)
            self._roll(owner, wanted, update)
        self.put_status(RESOURCE, owner, self._status(owner, wanted, update))

    def _runs_on(self, owner: Obj, node: Obj) -> bool:
        pod = {"metadata": {}, "spec": {**owner["spec"]["template"]["spec"], **_bound(owner, name_of(node))}}
        return not place_misfits(pod, node)

    def _may_stay(self, owner: Obj, node: Obj) -> bool:
        """A pod that is there already is driven away by NoExecute taints alone."""
        taints = [taint for taint in each(node, "spec", "taints") if taint["effect"] == "NoExecute"]
        return self._runs_on(owner, {**node, "spec": {**inside(node, "spec"), "taints": taints}})

    def _by_node(self, owner: Obj) -> dict[str, list[Obj]]:
        found: dict[str, list[Obj]] = {}
        for pod in self.pods_of(owner):
            found.setdefault(_target(pod), []).append(pod)
        return found

    def _place(self, owner: Obj, wanted: list[Obj], update: str) -> None:
        there = self._by_node(owner)
        names = {name_of(node) for node in wanted}
        stays = {name_of(node) for node in self.world.store.list("nodes") if self._may_stay(owner, node)}
        for node, placed in there.items():
            for pod in placed:
                finished = pods.phase(pod) in ("Succeeded", "Failed")
                if (node not in stays or finished) and not deleting(pod):
                    self.drop_pod(owner, pod)
        for node in sorted(names - set(there)):
            extra = {"labels": {"controller-revision-hash": update, "pod-template-generation": "1"}, "spec": _bound(owner, node)}
            try:
                self.make_pod(owner, owner["spec"]["template"], extra=extra)
            except ApiError:
                return

    def _roll(self, owner: Obj, wanted: list[Obj], update: str) -> None:
        strategy = owner["spec"]["updateStrategy"]
        if strategy["type"] != "RollingUpdate":
            return
        limit = scaled(inside(strategy, "rollingUpdate").get("maxUnavailable", 1), len(wanted), up=True)
        found = [pod for placed in self._by_node(owner).values() for pod in placed]
        down = sum(1 for pod in found if deleting(pod) or not pods.ready(pod)) + max(0, len(wanted) - len(found))
        for pod in found:
            old = labels_of(pod).get("controller-revision-hash") != update
            if old and not deleting(pod) and (down < limit or not pods.ready(pod)):
                down += pods.ready(pod)
                self.drop_pod(owner, pod)

    def _status(self, owner: Obj, wanted: list[Obj], update: str) -> Obj:
        there = self._by_node(owner)
        names = [name_of(node) for node in wanted]
        placed = [there[name][0] for name in names if there.get(name)]
        wait = owner["spec"].get("minReadySeconds", 0)
        ready = [pod for pod in placed if pods.ready(pod)]
        usable = sum(1 for pod in ready if self.available(pod, wait, owner))
        fresh = sum(1 for pod in placed if labels_of(pod).get("controller-revision-hash") == update)
        counts = {
            "updatedNumberScheduled": fresh,
            "numberAvailable": usable,
            "numberUnavailable": len(names) - usable,
        }
        return {
            "currentNumberScheduled": len(placed),
            "numberMisscheduled": sum(1 for name in there if name not in names),
            "desiredNumberScheduled": len(names),
            "numberReady": len(ready),
            "observedGeneration": owner["metadata"]["generation"],
            **{name: count for name, count in counts.items() if count},
        }


def _place(node: Obj) -> tuple[object, object]:
    return (node["metadata"].get("labels"), node.get("spec"))


def _bound(owner: Obj, node: str) -> Obj:
    """What the controller adds to the template: to which node the pod belongs, and what it puts up with there."""
    spec = owner["spec"]["template"]["spec"]
    only = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = clone(inside(spec, "affinity"))
    affinity.setdefault("nodeAffinity", {})["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [only]}
    extra = [{"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect} for name, effect in _TOLERATED]
    return {"affinity": affinity, "tolerations": [*each(spec, "tolerations"), *extra]}


def _target(pod: Obj) -> str:
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return pod["spec"].get("nodeName") or required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]
