"""Pods that want to be near others, or far from them: InterPodAffinity. Source: `plugins/interpodaffinity/filtering.go`."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from stead.practice.objects import Obj, inside, labels_of
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.room import Misfit
from stead.practice.scheduler.terms import PodTerm, required_terms

Place: TypeAlias = tuple[str, str]
"""A topology key, and the value of one of its domains."""


class Neighbours:
    """What is known of one pod's neighbours before the nodes are asked."""

    def __init__(self, board: Board, pod: Obj) -> None:
        self._near = required_terms(board.world, pod, "podAffinity")
        self._far = required_terms(board.world, pod, "podAntiAffinity")
        self._first_of_its_kind = all(term.matches(pod) for term in self._near)
        self._friends: Counter[Place] = Counter()
        self._foes: Counter[Place] = Counter()
        if self._near or self._far:
            for other, node in board.placed():
                self._meet(other, node)
        self._closed = _closed_to(board, pod)

    @property
    def asks(self) -> bool:
        """Whether any node could be wrong for the pod because of others."""
        return bool(self._near or self._far or self._closed)

    def _meet(self, other: Obj, node: Obj) -> None:
        if self._near and all(term.matches(other) for term in self._near):
            self._add(self._friends, self._near, node)
        self._add(self._foes, [term for term in self._far if term.matches(other)], node)

    def _add(self, counts: Counter[Place], terms: list[PodTerm], node: Obj) -> None:
        for term in terms:
            if place := _place(term, node):
                counts[place] += 1

    def misfits(self, node: Obj) -> list[Misfit]:
        if not self._has_friends(node):
            return [Misfit("node(s) didn't match pod affinity rules", True)]
        if any(self._foes[place] for term in self._far if (place := _place(term, node))):
            return [Misfit("node(s) didn't match pod anti-affinity rules", False)]
        labels = labels_of(node)
        if any(labels.get(key) == value for key, value in self._closed):
            return [Misfit("node(s) didn't satisfy existing pods anti-affinity rules", False)]
        return []

    def _has_friends(self, node: Obj) -> bool:
        places = [_place(term, node) for term in self._near]
        if not all(places):
            return False
        alone = not self._friends and self._first_of_its_kind  # the first of a group that wants to be together
        return alone or all(place and self._friends[place] for place in places)


def _place(term: PodTerm, node: Obj) -> Place | None:
    value = labels_of(node).get(term.topology)
    return None if value is None else (term.topology, value)


def _closed_to(board: Board, pod: Obj) -> set[Place]:
    """Where the pods that are there already will not have this one."""
    return {
        place
        for other, node in board.averse_pods()
        for term in required_terms(board.world, other, "podAntiAffinity")
        if term.matches(pod) and (place := _place(term, node))
    }


def averse(pod: Obj) -> bool:
    return bool(inside(pod["spec"], "affinity", "podAntiAffinity").get("requiredDuringSchedulingIgnoredDuringExecution"))


def looks_at_others(pod: Obj) -> bool:
    """Whether it depends on the pods that run already, and not only on the room that they take."""
    return "podAffinity" in inside(pod["spec"], "affinity") or bool(pod["spec"].get("topologySpreadConstraints"))
