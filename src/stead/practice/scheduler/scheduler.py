"""Scheduling: filter the nodes, take the best, bind; or explain, and make room if the pod may.

Promise: the same pods and nodes give the same placement; a pod that does not fit is tried again when something changes.
Source: `pkg/scheduler/schedule_one.go`, `framework/types.go` (FitError).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from stead.practice.api.deletion import DeleteOptions
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, deleting, inside, key_of, name_of, set_condition, uid_of
from stead.practice.scheduler import explaining, preemption
from stead.practice.scheduler.answers import Answers
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.filters import Filters
from stead.practice.scheduler.neighbours import averse, looks_at_others
from stead.practice.scheduler.preemption import Candidate, priority
from stead.practice.scheduler.room import Amounts, Misfit, requests
from stead.practice.scheduler.scoring import best
from stead.practice.scheduler.storage import CLAIMS, CLASSES, SELECTED_NODE, VOLUMES
from stead.practice.store import Change

_SOURCE = "default-scheduler"
_RETRY = timedelta(minutes=5)  # podMaxInUnschedulablePodsDuration


class Scheduler(Controller):
    name = "scheduler"
    watches = ("pods", "nodes", CLAIMS, VOLUMES, CLASSES)

    def start(self) -> None:
        super().start()
        self._used: dict[str, Amounts] = {}
        self._counted: dict[Key, tuple[str, Amounts]] = {}
        self._averse: dict[Key, None] = {}
        self._waiting: dict[Key, None] = {}
        self._promised: dict[Key, str] = {}
        self._answers = Answers()

    def on_change(self, change: Change) -> None:
        if change.resource == "pods":
            self._count(change)
            self._heed(change)
        elif change.resource != "nodes" or self._node_changed(change):
            self._retry_all()

    def _heed(self, change: Change) -> None:
        if change.verb == "DELETED":
            self._waiting.pop(change.key, None)
            self._promised.pop(change.key, None)
            self._retry_all()
        elif not change.obj["spec"].get("nodeName") and (change.old is None or change.old.obj["spec"] != change.obj["spec"]):
            self.queue(change.key)  # its own note that the pod does not fit is no reason to try again
        elif change.old is not None and change.old.obj["metadata"].get("labels") != change.obj["metadata"].get("labels"):
            self._retry_all(looks_at_others)

    def _node_changed(self, change: Change) -> bool:
        if change.old is None or change.verb == "DELETED":
            return True
        old, new = change.old.obj, change.obj
        same_labels = old["metadata"].get("labels") == new["metadata"].get("labels")
        same_room = inside(old, "status").get("allocatable") == inside(new, "status").get("allocatable")
        return not (same_labels and same_room and old.get("spec") == new.get("spec"))

    def _retry_all(self, may_fit: Callable[[Obj], bool] = lambda _: True) -> None:
        """Try again the pods that wait, the dearest first (PrioritySort)."""
        waiting = (self.world.store.get("pods", *key) for key in self._waiting)
        for pod in sorted((pod for pod in waiting if pod is not None and may_fit(pod)), key=lambda pod: -priority(pod)):
            self.queue(key_of(pod))

    def _count(self, change: Change) -> None:
        """Keep the sums of what runs on each node, so that placing a pod looks at nodes, not at pods."""
        pod = change.obj
        node = pod["spec"].get("nodeName", "")
        over = change.verb == "DELETED" or inside(pod, "status").get("phase") in ("Succeeded", "Failed")
        counted = self._counted.get(change.key)
        if counted is not None and (over or counted[0] != node):
            del self._counted[change.key]
            self._averse.pop(change.key, None)
            self._used[counted[0]].add(counted[1], -1)
            self._answers.moved(counted[0])
            counted = None
            self._retry_all()
        if node and not over and counted is None:
            asked = requests(pod)
            self._counted[change.key] = (node, asked)
            self._used.setdefault(node, Amounts()).add(asked)
            self._answers.moved(node)
            self._promised.pop(change.key, None)
            if averse(pod):
                self._averse[change.key] = None
            self._retry_all(looks_at_others)  # it may be the friend that another one waits for

    def reconcile(self, key: Key) -> None:
        pod = self.world.store.get("pods", *key)
        if pod is None or pod["spec"].get("nodeName") or deleting(pod) or pod["spec"].get("schedulingGates"):
            self._waiting.pop(key, None)
            return
        if pod["spec"].get("schedulerName", _SOURCE) != _SOURCE:
            return  # somebody else's
        board = Board(self.world, self._used, self._averse, self._promises(pod))
        filters = Filters(board, pod)
        nodes = board.nodes()
        if filters.problem:
            self._refuse(pod, explaining.of_pod(filters.problem, len(nodes)))
            return
        found = self._answers.about(board, filters, nodes)
        fitting = [node for node in nodes if not found[name_of(node)].misfits]
        if fitting:
            free = {name: answer.room for name, answer in found.items()}
            self._bind(pod, best(board, pod, free, fitting), filters.waiting_claims)
        else:
            self._make_room(board, pod, {name: answer.misfits for name, answer in found.items()})

    def _promises(self, pod: Obj) -> dict[str, Amounts]:
        """What is kept, by node, for other pods that matter at least as much."""
        kept: dict[str, Amounts] = {}
        for key, node in self._promised.items():
            other = self.world.store.get("pods", *key)
            if other is not None and key != key_of(pod) and priority(other) >= priority(pod):
                kept.setdefault(node, Amounts()).add(requests(other))
        return kept

    def _bind(self, pod: Obj, node: Obj, claims: list[Obj]) -> None:
        key, where = key_of(pod), name_of(node)
        self._waiting.pop(key, None)
        self._promised.pop(key, None)
        for claim in claims:
            self.world.edit(CLAIMS, key_of(claim), lambda obj: obj["metadata"].setdefault("annotations", {}).update({SELECTED_NODE: where}))
        self.world.bind(key, where)
        self.world.events.series(pod, "Normal", _SOURCE, "Binding", "Scheduled", f"Successfully assigned {key[0]}/{key[1]} to {where}")

    def _make_room(self, board: Board, pod: Obj, found: dict[str, list[Misfit]]) -> None:
        promised = self._promised.get(key_of(pod))
        if promised and any(deleting(other) and priority(other) < priority(pod) for other in board.pods_on(promised)):
            said = "not eligible due to a terminating pod on the nominated node."
            self._refuse(pod, explaining.of_nodes(list(found.values()), said))
            return
        outcome = preemption.look(board, pod, found) if found else preemption.Outcome(None)
        self._refuse(pod, explaining.of_nodes(list(found.values()), outcome.said), outcome.candidate)
        if outcome.candidate is not None:
            self._evict(pod, outcome.candidate)

    def _evict(self, pod: Obj, candidate: Candidate) -> None:
        self._promised[key_of(pod)] = candidate.node
        told = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": f"{_SOURCE}: preempting to accommodate a higher priority pod",
        }
        for victim in candidate.victims:
            message = f"Preempted by pod {uid_of(pod)} on node {candidate.node}"
            self.world.events.series(victim, "Normal", _SOURCE, "Preempting", "Preempted", message)
            target = {**told, "observedGeneration": victim["metadata"].get("generation", 1)}
            self.world.edit("pods", key_of(victim), lambda obj, target=target: set_condition(obj, target, self.world.timestamp))
            self.deletes.delete(self.world.registry.named("pods"), key_of(victim), DeleteOptions())

    def _refuse(self, pod: Obj, why: str, nominated: Candidate | None = None) -> None:
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

        def told(obj: Obj) -> None:
            set_condition(obj, scheduled, self.world.timestamp)
            if nominated is not None:
                obj["status"]["nominatedNodeName"] = nominated.node

        self.world.edit("pods", key, told)
        self.world.engine.after(_RETRY, self, key)
