"""Pods spread over zones and nodes: PodTopologySpread. Source: `plugins/podtopologyspread/{common,filtering}.go`."""

from __future__ import annotations

from collections import Counter

from stead.practice.objects import Obj, deleting, each, labels_of, namespace_of
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.room import Misfit
from stead.practice.scheduler.taints import keeps_away
from stead.practice.scheduler.terms import own_selector, wants_node

_SKEWED = "node(s) didn't match pod topology spread constraints"


class Spread:
    """One constraint, with the pods that count for it in each domain."""

    def __init__(self, board: Board, pod: Obj, constraint: Obj, keys: set[str]) -> None:
        self.key: str = constraint.get("topologyKey") or ""
        self._most = constraint.get("maxSkew") or 1
        self._domains_wanted = constraint.get("minDomains") or 1
        self._selector = own_selector(pod, constraint)
        self._self = 1 if self._selects(pod) else 0
        self.counts: Counter[str] = Counter()
        for node in board.nodes():
            labels = labels_of(node)
            if keys <= labels.keys() and _counts(pod, node, constraint):
                there = (p for p in board.pods_on(node["metadata"]["name"]) if namespace_of(p) == namespace_of(pod) and not deleting(p))
                self.counts[labels[self.key]] += sum(1 for other in there if self._selects(other))

    def _selects(self, pod: Obj) -> bool:
        return self._selector is not None and self._selector.matches(labels_of(pod))

    def misfit(self, node: Obj) -> Misfit | None:
        domain = labels_of(node).get(self.key)
        if domain is None:
            return Misfit(f"{_SKEWED} (missing required label)", True)
        least = min(self.counts.values(), default=0) if len(self.counts) >= self._domains_wanted else 0
        if self.counts.get(domain, 0) + self._self - least > self._most:
            return Misfit(_SKEWED, False)
        return None


def _counts(pod: Obj, node: Obj, constraint: Obj) -> bool:
    """Whether a node belongs to the domains: by default those that the pod's own selector fits, whatever their taints."""
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not wants_node(pod, node):
        return False
    return constraint.get("nodeTaintsPolicy", "Ignore") == "Ignore" or not keeps_away(pod, node)


def spreads(board: Board, pod: Obj, when: str) -> list[Spread]:
    """The pod's constraints of one kind: `DoNotSchedule` or `ScheduleAnyway`."""
    wanted = [c for c in each(pod["spec"], "topologySpreadConstraints") if c.get("whenUnsatisfiable") == when]
    keys = {c.get("topologyKey") or "" for c in wanted}
    return [Spread(board, pod, constraint, keys) for constraint in wanted]
