"""Why a pod does not fit on a node, in the words of the scheduler's plugins and in their order.

Source: `pkg/scheduler/framework/plugins/*` of 1.36, `pkg/scheduler/apis/config/v1/default_plugins.go`.
"""

from __future__ import annotations

import msgspec

from stead.practice.objects import Obj, each, inside, name_of
from stead.practice.scheduler import ports
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.neighbours import Neighbours
from stead.practice.scheduler.room import Misfit, allocatable, requests, shortages
from stead.practice.scheduler.spreading import spreads
from stead.practice.scheduler.storage import Storage
from stead.practice.scheduler.taints import keeps_away, tolerated
from stead.practice.scheduler.terms import wants_node

_PLACING = ("nodeName", "nodeSelector", "affinity", "tolerations")
_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def place_misfits(pod: Obj, node: Obj) -> list[Misfit]:
    """What only the pod and the node decide: cordons, names, taints, node affinity. (All that a DaemonSet asks, too.)"""
    spec = inside(node, "spec")
    if spec.get("unschedulable") and not tolerated(pod, _UNSCHEDULABLE):
        return [Misfit("node(s) were unschedulable", True)]
    wanted = pod["spec"].get("nodeName")
    if wanted and wanted != name_of(node):
        return [Misfit("node(s) didn't match the requested node name", True)]
    if spec.get("taints") and keeps_away(pod, node):
        return [Misfit("node(s) had untolerated taint(s)", True)]
    if not wants_node(pod, node):
        return [Misfit("node(s) didn't match Pod's node affinity/selector", True)]
    return []


def named_nodes(pod: Obj) -> set[str] | None:
    """The nodes that a pod's affinity names one by one, as that of a DaemonSet's does; None when it names none."""
    terms = each(pod["spec"], "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    found: set[str] = set()
    for term in terms:
        fields = (f for f in each(term, "matchFields") if (f["key"], f["operator"]) == ("metadata.name", "In"))
        named: list[set[str]] = [set(f["values"]) for f in fields]
        if not named:
            return None
        found |= named[0].intersection(*named)
    return found if terms else None


class Filters:
    """One pod, and every question that a node has to pass."""

    def __init__(self, board: Board, pod: Obj) -> None:
        self.asked = requests(pod)
        self._board = board
        self._pod = pod
        self._named = named_nodes(pod)
        self._ports = ports.host_ports(pod)
        self._storage = Storage(board, pod)
        self._spreads = spreads(board, pod, "DoNotSchedule")
        neighbours = Neighbours(board, pod)
        # Most pods have nothing to ask of most plugins: 10,000 of them on 100 nodes are a million questions each.
        asks = ((self._storage.asks, self._storage.misfits), (bool(self._spreads), self._uneven), (neighbours.asks, neighbours.misfits))
        self._later = [question for asked, question in asks if asked]
        self.problem = self._storage.problem
        if self._named is not None and not self._named:
            self.problem = self.problem or "pod affinity terms conflict"

    def misfits(self, node: Obj) -> list[Misfit]:
        """The reasons of the first plugin that refuses; empty when the pod fits."""
        name = name_of(node)
        if self._named is not None and name not in self._named:
            return [Misfit("node(s) didn't satisfy plugin(s) [NodeAffinity]", True)]
        found = (
            place_misfits(self._pod, node)
            or ports.misfits(self._board, self._ports, name)
            or shortages(self.asked, allocatable(node), self._board.load(name))
        )
        for question in () if found else self._later:
            if found := question(node):
                break
        return found

    @property
    def shape(self) -> bytes | None:
        """The same for two pods to which every node answers alike while nothing moves on it; None where other nodes count, too."""
        if self._later or self._ports or self._named is not None or self._board.promised or self._board.without:
            return None
        return msgspec.json.encode(([self._pod["spec"].get(name) for name in _PLACING], self.asked))

    def _uneven(self, node: Obj) -> list[Misfit]:
        return [misfit for spread in self._spreads if (misfit := spread.misfit(node))][:1]

    @property
    def waiting_claims(self) -> list[Obj]:
        """Claims that are bound once the pod has its node."""
        return self._storage.waiting
