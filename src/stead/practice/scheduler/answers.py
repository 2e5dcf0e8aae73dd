"""What was found about a node for one pod holds for the next pod that asks the same, until the node or what is on it changes.

Promise: it decides nothing. With it or without, every pod gets the same node and every refusal the same words; 10,000 pods of a hundred
templates on a hundred nodes are then ten thousand questions, not a million.
Source of the idea: KEP-5598 (opportunistic batching), before it the equivalence cache of `pkg/scheduler/core`.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from stead.practice.objects import Obj, name_of
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.filters import Filters
from stead.practice.scheduler.room import Misfit
from stead.practice.scheduler.scoring import room

_SHAPES = 256
"""So many kinds of pods are remembered; a cluster has about one a workload."""


@dataclass(slots=True)
class Answer:
    """Why the pod does not fit, if it does not; and the score of the room that is left."""

    node: Obj
    moves: int
    misfits: list[Misfit]
    room: float


class Answers:
    def __init__(self) -> None:
        self._moves: Counter[str] = Counter()
        self._shapes: OrderedDict[bytes, dict[str, Answer]] = OrderedDict()

    def moved(self, node: str) -> None:
        """A pod came to the node, or left it."""
        self._moves[node] += 1

    def about(self, board: Board, filters: Filters, nodes: Sequence[Obj]) -> dict[str, Answer]:
        """The answers for the pod of `filters`, by node."""
        known, found = self._known(filters.shape), dict[str, Answer]()
        for node in nodes:
            name = name_of(node)
            answer = known.get(name)
            if answer is None or answer.node is not node or answer.moves != self._moves[name]:
                answer = known[name] = Answer(node, self._moves[name], filters.misfits(node), room(board, node, filters.asked))
            found[name] = answer
        return found

    def _known(self, shape: bytes | None) -> dict[str, Answer]:
        if shape is None:
            return {}
        known = self._shapes.setdefault(shape, {})
        self._shapes.move_to_end(shape)
        if len(self._shapes) > _SHAPES:
            self._shapes.popitem(last=False)
        return known
