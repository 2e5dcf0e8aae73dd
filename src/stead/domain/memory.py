"""What is remembered: one fact about the estate or about a user, where it comes from, and until when it holds. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_TEXT = 500
"""Characters of one entry: a fact, not a story."""


class MemoryKind(StrEnum):
    """ESTATE is what MEMORY.md holds, USER what USER.md holds."""

    ESTATE = "estate"
    USER = "user"


class MemoryState(StrEnum):
    """Only what is APPROVED is told to a model."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One entry, `M-3`. `author` is a principal, or `agent:NAME` with its `run`; `tainted`: it was learned from words of somebody else."""

    number: int
    kind: MemoryKind
    text: str
    state: MemoryState
    author: str
    created_at: datetime
    run: int = 0
    tainted: bool = False
    decided_by: str = ""
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.state is MemoryState.APPROVED and (self.expires_at is None or self.expires_at > now)


def entries_of(markdown: str) -> list[str]:
    """The entries of a MEMORY.md or USER.md: its list items, and its paragraphs where they are none; headings are left out."""
    found: list[str] = []
    fresh = True
    for line in markdown.replace("\r\n", "\n").split("\n"):
        text = line.strip()
        item = text[:2] in ("- ", "* ", "+ ")
        if not text or text.startswith(("#", "---", "<!--")):
            fresh = True
        elif item or fresh:
            found.append(text[2:].strip() if item else text)
            fresh = False
        else:
            found[-1] += f" {text}"
    return [text for text in found if text]
