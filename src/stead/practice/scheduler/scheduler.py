"""Scheduling: filter the nodes, take the least loaded, bind; or explain.

Promise: the same pods and nodes give the same placement; a pod that does not fit is tried again when something changes.
Source: `pkg/scheduler/schedule_one.go`, `framework/types.go` (FitError).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache

from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, deleting, each, inside, key_of, name_of, set_condition
from stead.practice.scheduler.filters import Amounts, Misfit, allocatable, misfits, requests
from stead.practice.store import Change

_SOURCE = "default-scheduler"
_RETRY = timedelta(minutes=5)  # podMaxInUnschedulablePodsDuration
_CLAIMS, _CLASSES = "persistentvolumeclaims", "storageclasses.storage.k8s.io"


class Scheduler(Controller):
    name = "scheduler"
    watches = ("pods", "nodes", _CLAIMS)

    def start(self) -> None:
        super().start()
        self._used: dict[str, Amounts] = {}
        self._counted: dict[Key, tuple[str, Amounts]] = {}
        self._waiting: dict[Key, None] = {}

    def on_change(self, change: Change) -> None:
        if change.resource == "pods":
            self._count(change)
            if change.verb == "DELETED":
                self._waiting.pop(change.key, None)
                self._retry_all()
            elif not change.obj["spec"].get("nodeName") and (change.old is None or change.old.obj["spec"] != change.obj["spec"]):
                self.queue(change.key)  # its own note that the pod does not fit is no reason to try again
        elif change.resource == _CLAIMS or self._node_changed(change):
            self._retry_all()

    def _node_changed(self, change: Change) -> bool:
        if change.old is None or change.verb == "DELETED":
            return True
        old, new = change.old.obj, change.obj
        same_labels = old["metadata"].get("labels") == new["metadata"].get("labels")
        same_room = inside(old, "status").get("allocatable") == inside(new, "status").get("allocatable")
        return not (same_labels and same_room and old.get("spec") == new.get("spec"))

    def _retry_all(self) -> None:
        for key in self._waiting:
            self.queue(key)

    def _count(self, change: Change) -> None:
        """Keep the sums of what runs on each node, so that placing a pod looks at nodes, not at pods."""
        pod = change.obj
        node = pod["spec"].get("nodeName", "")
        over = change.verb == "DELETED" or inside(pod, "status").get("phase") in ("Succeeded", "Failed")
        counted = self._counted.get(change.key)
        if counted is not None and (over or counted[0] != node):
            del self._counted[change.key]
            self._used[counted[0]].add(counted[1], -1)
            counted = None
            self._retry_all()
        if node and not over and counted is None:
            asked = requests(pod)
            self._counted[change.key] = (node, asked)
            self._used.setdefault(node, Amounts()).add(asked)

    def reconcile(self, key: Key) -> None:
        pod = self.world.store.get("pods", *key)
        if pod is None or pod["spec"].get("nodeName") or deleting(pod) or pod["spec"].get("schedulingGates"):
            self._waiting.pop(key, None)
            return
        nodes = self.world.store.list("nodes")
        unbound = self._claim_problem(pod)
        if unbound:
            self._refuse(pod, _no_volume(unbound, len(nodes)))
            return
        asked = requests(pod)
        found = {name_of(node): misfits(pod, asked, node, self._load(name_of(node))) for node in nodes}
        fitting = [node for node in nodes if not found[name_of(node)]]
        if fitting:
            self._bind(pod, max(fitting, key=lambda node: self._score(node, asked)))
        else:
            self._refuse(pod, explain(list(found.values())))

    def _load(self, node: str) -> Amounts:
        return self._used.get(node, Amounts())

    def _score(self, node: Obj, asked: Amounts) -> tuple[float, str]:
        """Most free share wins (NodeResourcesFit, LeastAllocated); then the fewest pods; the name decides last."""
        there, used = allocatable(node), self._load(name_of(node))
        cpu = 1 - (used.cpu + max(asked.cpu, 100)) / max(there.cpu, 1)
        memory = 1 - (used.memory + max(asked.memory, 200 * 2**20)) / max(there.memory, 1)
        return ((cpu + memory) / 2 - used.pods / max(there.pods, 1), _reversed(name_of(node)))

    def _bind(self, pod: Obj, node: Obj) -> None:
        key, where = key_of(pod), name_of(node)
        self._waiting.pop(key, None)
        self.world.bind(key, where)
        self.world.events.series(pod, "Normal", _SOURCE, "Binding", "Scheduled", f"Successfully assigned {key[0]}/{key[1]} to {where}")

    def _refuse(self, pod: Obj, why: str) -> None:
        key = key_of(pod)
        self._waiting[key] = None
        self.world.events.series(pod, "Warning", _SOURCE, "Scheduling", "FailedScheduling", why)
        scheduled = {
            "type": "PodScheduled",
            "observedGeneration": pod["metadata"].get("generation", 1),
            "status": "False",
            "lastProbeTime": None,
            "reason": "Unschedulable",
            "message": why,
        }
        self.world.edit("pods", key, lambda obj: set_condition(obj, scheduled, self.world.timestamp))
        self.world.engine.after(_RETRY, self, key)

    def _claim_problem(self, pod: Obj) -> str:
        for volume in each(pod["spec"], "volumes"):
            if not (source := volume.get("persistentVolumeClaim")):
                continue
            namespace, name = pod["metadata"]["namespace"], source["claimName"]
            claim = self.world.store.get(_CLAIMS, namespace, name)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if deleting(claim):
                return f'persistentvolumeclaim "{name}" is being deleted'
            if not claim["spec"].get("volumeName"):
                storage = self.world.store.get(_CLASSES, "", claim["spec"].get("storageClassName") or "")
                if (storage or {}).get("volumeBindingMode") != "WaitForFirstConsumer":
                    return "pod has unbound immediate PersistentVolumeClaims"
        return ""


def _no_volume(why: str, nodes: int) -> str:
    if why.startswith("persistentvolumeclaim"):  # one reason for the pod, not one a node
        hint = f"preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
        return f"0/{nodes} nodes are available: {why}. {hint}"
    return explain([[Misfit(why, True)]] * nodes)


def explain(found: list[list[Misfit]]) -> str:
    """The sentence of FailedScheduling: reasons by count, then what preemption could have done."""
    total = len(found)
    if not total:
        return "no nodes available to schedule pods"
    reasons = Counter(misfit.reason for node in found for misfit in node)
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    hopeless = sum(1 for node in found if any(misfit.hopeless for misfit in node))
    helps = {"Preemption is not helpful for scheduling": hopeless, "No preemption victims found for incoming pod": total - hopeless}
    tried = ", ".join(sorted(f"{count} {text}" for text, count in helps.items() if count))
    return f"0/{total} nodes are available: {listed}. no new claims to deallocate, preemption: 0/{total} nodes are available: {tried}."


@lru_cache(maxsize=4096)
def _reversed(name: str) -> str:
    """So that `max` prefers the name that sorts first."""
    return "".join(chr(0x10FFFF - ord(letter)) for letter in name)
