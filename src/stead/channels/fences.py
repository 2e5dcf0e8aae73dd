"""A message as words and code, in parts that a chat takes: code stays code in every part, and a part breaks between lines, then words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stead.channels.text import disarmed
from stead.domain.delivery import BlockKind, Message
from stead.domain.ids import approval_number

_HEADINGS = {BlockKind.EVIDENCE: "Seen", BlockKind.STEP: "What Stead did", BlockKind.COMMAND: "You can"}
FENCE = "```"
_BROKEN = "`\N{WORD JOINER}`\N{WORD JOINER}`"
"""Three in a row within code would end the fence."""
_NUMBER = len("\n(999/999)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words, perhaps `strong`, or `code`, of any number of lines."""

    text: str
    code: bool = False
    strong: bool = False


def pieces(message: Message, *, answers: bool) -> Iterator[Piece]:
    """What follows the headline, disarmed. `answers`: say how to answer at a terminal, for a chat without buttons."""
    safe = disarmed(message)
    before: BlockKind | None = None
    for block in safe.blocks:
        if block.kind is not before and block.kind in _HEADINGS:
            yield Piece(_HEADINGS[block.kind], strong=True)
        before = block.kind
        if block.text.strip():
            yield Piece(block.text.strip("\n"), code=True) if block.kind is BlockKind.CODE else Piece(block.text.strip())
        if block.command.strip():
            yield Piece(block.command.strip(), code=True)
    if answers and safe.buttons and not safe.resolved:
        yield Piece("To answer", strong=True)
        lines = [f"stead {b.decision} {approval_number(b.approval)}    # {b.label}" for b in safe.buttons]
        yield Piece("\n".join(lines), code=True)


def pack(given: Sequence[Piece], limit: int, escape: Callable[[str], str]) -> list[str]:
    """The pieces in parts of at most `limit` characters, in the Markdown that chats share: words through `escape`, code in fences.

    Each part but an only one is numbered `(2/3)` at its end.
    """
    room = limit - _NUMBER
    parts: list[str] = []
    for piece in given:
        for text in _fitting(piece, room, escape):
            if parts and len(parts[-1]) + 1 + len(text) <= room:
                parts[-1] += "\n" + text
            else:
                parts.append(text)
    return parts if len(parts) < 2 else [f"{part}\n({n}/{len(parts)})" for n, part in enumerate(parts, 1)]


def _fitting(piece: Piece, room: int, escape: Callable[[str], str]) -> Iterator[str]:
    """The piece as marked text, in as few runs of lines as `room` allows."""
    run: list[str] = []
    for line in _lines(piece.text, room // 3):
        if run and len(_marked([*run, line], piece, escape)) > room:
            yield _marked(run, piece, escape)
            run = []
        run.append(line)
    if run:
        yield _marked(run, piece, escape)


def _marked(lines: Sequence[str], piece: Piece, escape: Callable[[str], str]) -> str:
    text = "\n".join(lines)
    if piece.code:
        return f"{FENCE}\n{text.replace(FENCE, _BROKEN)}\n{FENCE}"
    return f"**{escape(text)}**" if piece.strong else escape(text)


def _lines(text: str, longest: int) -> Iterator[str]:
    """Lines of at most `longest` characters (escaping at most doubles them), longer ones broken between words."""
    for line in text.splitlines() or [""]:
        rest = line
        while len(rest) > longest:
            at = rest.rfind(" ", 1, longest) if " " in rest[1:longest] else longest
            yield rest[:at]
            rest = rest[at:].removeprefix(" ")
        yield rest
