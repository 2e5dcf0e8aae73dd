"""What a judge of a script says."""

from __future__ import annotations

from dataclasses import dataclass, field

from stead.domain.commands.classes import Class, Reason


@dataclass
class Judged:
    """`reasons` none: it reads · `runs` commands that it would run, word by word; an empty one where that cannot be told."""

    rule: str
    reasons: list[Reason] = field(default_factory=list[Reason])
    runs: list[list[str]] = field(default_factory=list[list[str]])

    def say(self, class_: Class, why: str) -> None:
        self.reasons.append(Reason(class_, self.rule, why))
