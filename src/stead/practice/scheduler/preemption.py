"""Room made by pods of less priority: whom, and where. Source: `plugins/defaultpreemption`, `framework/preemption/preemption.go`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stead.practice import timestamps
from stead.practice.objects import Key, Obj, inside, key_of, labels_of, name_of, namespace_of
from stead.practice.scheduler import explaining
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.filters import Filters
from stead.practice.scheduler.room import Misfit
from stead.practice.selectors import selects

_BUDGETS = "poddisruptionbudgets.policy"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node, and the pods that would have to go from it."""

    node: str
    victims: list[Obj]
    violations: int
    """How many of them a disruption budget would keep."""

    @property
    def rank(self) -> tuple[int, int, int, int, float, str]:
        """The smallest is taken: budgets, the dearest victim, all of them, how many; then where that one started last; the name."""
        prices = [priority(victim) for victim in self.victims]
        dearest = min(_started(victim) for victim in self.victims if priority(victim) == max(prices))
        return (self.violations, max(prices), sum(prices), len(prices), -dearest, self.node)


def priority(pod: Obj) -> int:
    return pod["spec"].get("priority") or 0


def _started(pod: Obj) -> float:
    return timestamps.parse(inside(pod, "status").get("startTime") or pod["metadata"]["creationTimestamp"]).timestamp()


@dataclass(frozen=True, slots=True)
class Outcome:
    candidate: Candidate | None
    said: str = ""
    """What the sentence of FailedScheduling adds when there is no candidate."""


def look(board: Board, pod: Obj, found: dict[str, list[Misfit]]) -> Outcome:
    """Where room can be made for the pod, given why each node refused it."""
    if pod["spec"].get("preemptionPolicy") == "Never":
        return Outcome(None, explaining.NEVER)
    candidates: list[Candidate] = []
    remaining: list[list[Misfit]] = []
    for node in board.nodes():
        if any(misfit.hopeless for misfit in found[name_of(node)]):
            continue
        lesser = [other for other in board.pods_on(name_of(node)) if priority(other) < priority(pod)]
        if not lesser:
            continue
        still = _without(board, pod, node, lesser)
        if still:
            remaining.append(still)
        else:
            candidates.append(_spare(board, pod, node, lesser))
    if not candidates:
        return Outcome(None, explaining.no_victims(list(found.values()), remaining))
    return Outcome(min(candidates, key=lambda candidate: candidate.rank))


def _without(board: Board, pod: Obj, node: Obj, gone: Sequence[Obj]) -> list[Misfit]:
    keys: frozenset[Key] = frozenset(key_of(other) for other in gone)
    return Filters(replace(board, without=keys), pod).misfits(node)


def _spare(board: Board, pod: Obj, node: Obj, lesser: list[Obj]) -> Candidate:
    """As few victims as possible: those that a budget protects are spared first, then the more important ones."""
    protected = _protected(board, lesser)
    victims = list(lesser)
    order = sorted(lesser, key=lambda other: (-priority(other), _started(other), name_of(other)))
    for other in (*(p for p in order if key_of(p) in protected), *(p for p in order if key_of(p) not in protected)):
        fewer = [victim for victim in victims if victim is not other]
        if not _without(board, pod, node, fewer):
            victims = fewer
    return Candidate(name_of(node), victims, sum(1 for victim in victims if key_of(victim) in protected))


def _protected(board: Board, pods: Sequence[Obj]) -> set[Key]:
    """The pods whose budget is spent, when they go one after another."""
    found: set[Key] = set()
    budgets = board.world.store.list(_BUDGETS)
    left = {key_of(budget): inside(budget, "status").get("disruptionsAllowed", 0) for budget in budgets}
    for pod in pods:
        for budget in budgets:
            if namespace_of(budget) == namespace_of(pod) and labels_of(pod) and selects(budget["spec"].get("selector"), pod):
                left[key_of(budget)] -= 1
                if left[key_of(budget)] < 0:
                    found.add(key_of(pod))
    return found
