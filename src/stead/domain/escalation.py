"""Ladders: who is told next when nobody acknowledges, and after how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from stead.domain.matching import Matchers


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """After this wait, these receivers are told."""

    after: timedelta
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """For incidents that `matchers` match, and with `approvals` for those of which a question waits. Gone through `rounds` times."""

    name: str
    matchers: Matchers
    steps: tuple[Step, ...]
    approvals: bool = True
    rounds: int = 1

    def rung(self, number: int) -> Step | None:
        """The step that is the `number`th to come, from 0, through all rounds; None when all were taken."""
        return self.steps[number % len(self.steps)] if number < len(self.steps) * self.rounds else None


def ladder_for(ladders: Sequence[Ladder], labels: Mapping[str, str], question: str) -> tuple[str, Ladder] | None:
    """The first ladder that is for this, and what it is climbed for: itself, or the `question` (A-17) that waits ("" for none).

    So each question is climbed for once, and an incident that matches is climbed for once in an episode.
    """
    for ladder in ladders:
        if ladder.matchers.match(labels):
            return ladder.name, ladder
        if ladder.approvals and question:
            return f"{ladder.name} {question}", ladder
    return None
