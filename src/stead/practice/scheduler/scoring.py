"""Which of the nodes that fit is best: what the pod prefers, then the most free room.

Promise: the same pods and nodes give the same order.
Source of the weights (taints 3, affinities and spreading 2, room 1): `default_plugins.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stead.practice.objects import Obj, each, inside, labels_of, name_of
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.room import Amounts, allocatable
from stead.practice.scheduler.spreading import spreads
from stead.practice.scheduler.taints import disliked
from stead.practice.scheduler.terms import PodTerm, node_term

_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_LEAST = Amounts(100, 200 * 2**20)
"""What a pod without requests is taken for: 100m and 200Mi (`util/pod_resources.go`)."""


def best(board: Board, pod: Obj, free: Mapping[str, float], nodes: Sequence[Obj]) -> Obj:
    """The winner among nodes that all fit, given the score of their `room`; of equal ones that whose name sorts first."""
    total = {name_of(node): free[name_of(node)] for node in nodes}
    for weight, score in _wishes(board, pod, nodes):
        for name, points in _spread_out({name_of(node): score(node) for node in nodes}).items():
            total[name] += weight * points
    most = max(total.values())
    return min((node for node in nodes if total[name_of(node)] == most), key=name_of)


def room(board: Board, node: Obj, asked: Amounts) -> float:
    """The free share (NodeResourcesFit, LeastAllocated), less for each pod that is there already."""
    there, used = allocatable(node), board.load(name_of(node))
    cpu = 1 - (used.cpu + max(asked.cpu, _LEAST.cpu)) / max(there.cpu, 1)
    memory = 1 - (used.memory + max(asked.memory, _LEAST.memory)) / max(there.memory, 1)
    return (cpu + memory) / 2 - used.pods / max(there.pods, 1)


def _wishes(board: Board, pod: Obj, nodes: Sequence[Obj]) -> list[tuple[int, Callable[[Obj], float]]]:
    """Every wish that can tell nodes apart, with its weight; more is better."""
    found: list[tuple[int, Callable[[Obj], float]]] = []
    if any(inside(node, "spec").get("taints") and disliked(pod, node) for node in nodes):
        found.append((3, lambda node: -disliked(pod, node)))
    if terms := each(pod["spec"], "affinity", "nodeAffinity", _PREFERRED):
        found.append((2, lambda node: sum(t["weight"] for t in terms if not t.get("preference") or node_term(t["preference"], node))))
    near = each(pod["spec"], "affinity", "podAffinity", _PREFERRED)
    far = each(pod["spec"], "affinity", "podAntiAffinity", _PREFERRED)
    if near or far:
        found.append((2, _company(board, pod, [*((t, 1) for t in near), *((t, -1) for t in far)])))
    if loose := spreads(board, pod, "ScheduleAnyway"):
        found.append((2, lambda node: -sum(spread.counts.get(labels_of(node).get(spread.key, ""), 0) for spread in loose)))
    return found


def _company(board: Board, pod: Obj, terms: list[tuple[Obj, int]]) -> Callable[[Obj], float]:
    wished = [(PodTerm(board.world, pod, term["podAffinityTerm"]), sign * term["weight"]) for term, sign in terms]
    points: dict[tuple[str, str], float] = {}
    for other, where in board.placed():
        for term, weight in wished:
            if (value := labels_of(where).get(term.topology)) is not None and term.matches(other):
                points[term.topology, value] = points.get((term.topology, value), 0) + weight
    keys = {term.topology for term, _ in wished}
    return lambda node: sum(points.get((key, labels_of(node).get(key, "")), 0) for key in keys)


def _spread_out(scores: dict[str, float]) -> dict[str, float]:
    """From 0 for the worst to 1 for the best."""
    least, most = min(scores.values()), max(scores.values())
    return {name: (score - least) / (most - least) if most > least else 0.0 for name, score in scores.items()}
