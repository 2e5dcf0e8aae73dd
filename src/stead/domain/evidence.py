"""Evidence: something that was really seen, and the line to paste to see it again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`what` was looked at, the `value` that was seen, and the `command` a person pastes to see it.

    `tainted` marks words that somebody else wrote (logs, event and condition messages): they inform, and never widen what is allowed.
    """

    what: str
    value: str
    command: str = ""
    tainted: bool = False
