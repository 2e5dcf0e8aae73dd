"""What the owner wrote for agents (`AGENTS.md`, `CLAUDE.md`) where knowledge stands: told in every run, beside the estate's brief.

Promise: it is told like any document, fenced, marked with its place and tainting; what waits, was rejected or has expired is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from stead.domain.excerpt import fenced, folded
from stead.domain.ids import knowledge_number
from stead.domain.knowledge import Knowledge
from stead.engine.packing import Part, weight
from stead.store import knowledge

MOST_TOLD, MOST_PIECES, MOST_OF_PIECE = 3, 4, 280
"""Notes that a run is told at its beginning, pieces of one, and bytes of a piece: as many as there is room for. `page` reads on."""
MOST_LOOKED_AT = 12
_ELSEWHERE = re.compile(r"\s*(?:@\S+\s*)+")
"""A note that only names another file, as `@AGENTS.md` does (https://docs.claude.com/en/docs/claude-code/memory)."""


@dataclass(kw_only=True)
class Notes:
    """`parts` are pieces of them, those of the first note first; each note is in `collected` whole, by its name."""

    parts: list[str] = field(default_factory=list[str])
    collected: dict[str, str] = field(default_factory=dict[str, str])
    commands: dict[str, str] = field(default_factory=dict[str, str])
    tainted: bool = False


def of_owner(connection: sa.Connection, now: datetime) -> Sequence[Knowledge]:
    """The notes that are told, those nearest to the top of their source first, each text once."""
    chosen: dict[str, Knowledge] = {}
    for entry in knowledge.notes(connection, now, MOST_LOOKED_AT):
        text = entry.written.text.strip()
        if not _ELSEWHERE.fullmatch(text):
            chosen.setdefault(text, entry)
    return list(chosen.values())[:MOST_TOLD]


def told(connection: sa.Connection, nonce: str, now: datetime) -> Notes:
    made = Notes()
    for entry in of_owner(connection, now):
        name = knowledge_number(entry.number)
        made.collected[name] = entry.written.text
        made.commands[name] = f"stead knowledge show {name}"
        made.tainted = made.tainted or entry.tainted
        heads = [f"{name} the owner wrote ({entry.place}):", *[f"{name} goes on:"] * MOST_PIECES]
        made.parts += [f"{head}\n{fenced(piece, nonce)}" for head, piece in zip(heads, _pieces(entry.written.text), strict=False)]
    return made


def part(made: Notes) -> Part:
    """As a part of the first message; without items where nothing was written."""
    heading = "Notes of the owner for agents (`evidence` may name them, `page` reads on in them):"
    return Part(heading=heading, items=made.parts, share=0.06, rest=lambda n: f"… and {n} pieces more")


def _pieces(text: str) -> Iterator[str]:
    """The beginning, in pieces of whole lines; of a line that is longer than a piece its beginning."""
    piece: list[str] = []
    made, room = 0, MOST_OF_PIECE
    for line in filter(None, (_short(line) for line in folded(text))):
        if weight(line) + 2 > room and piece:
            yield "\n".join(piece)
            piece, made, room = [], made + 1, MOST_OF_PIECE
            if made == MOST_PIECES:
                return
        piece.append(line)
        room -= weight(line) + 2
    if piece:
        yield "\n".join(piece)


def _short(line: str) -> str:
    if weight(line) < MOST_OF_PIECE:
        return line
    return f"{line.encode()[: MOST_OF_PIECE - 20].decode(errors='ignore')} …"
