"""A request whose parameters a program writes (a coding program that is given a task): what came of it, and what that has cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stead.domain.action import ActionRequest
from stead.domain.run import Spent

May = Callable[[Spent], Awaitable[str]]
"""Why nothing more may be spent after this much more, "" while something may."""

BY_HAND, BY_PROGRAM, SAID = "changes", "task", "said"
"""The parameters of a verb: what is written by hand, what a program is asked instead, and in which the program's words are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The request as it was filled in, or `why_not`. `spent` counts either way, for the configured model of that name."""

    request: ActionRequest
    why_not: str = ""
    spent: Spent = field(default_factory=Spent)
    model: str = ""
