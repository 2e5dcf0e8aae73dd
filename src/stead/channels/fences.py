"""A message as words and code, in parts that a chat takes: code stays code in every part, and a part breaks between lines, then words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

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
    """The pieces in parts of at most `limit` characters, in the Markdown that chats share: words through `escape`, code in fences."""
    return ["\n".join(marked(piece, escape) for piece in part) for part in divide(given, limit, lambda piece: len(marked(piece, escape)))]


def divide(given: Sequence[Piece], limit: int, size: Callable[[Piece], int]) -> list[list[Piece]]:
    """The pieces in parts of at most `limit`, as `size` counts them. Each part but an only one is numbered `(2/3)` at its end."""
    room = limit - _NUMBER
    parts: list[list[Piece]] = []
    taken = 0
    for piece in given:
        for part in _fitting(piece, room, size):
            if parts and taken + 1 + size(part) <= room:
                parts[-1].append(part)
                taken += 1 + size(part)
            else:
                parts.append([part])
                taken = size(part)
    return parts if len(parts) < 2 else [[*part, Piece(f"({n}/{len(parts)})")] for n, part in enumerate(parts, 1)]


def marked(piece: Piece, escape: Callable[[str], str]) -> str:
    """The piece in the Markdown that chats share."""
    if piece.code:
        return f"{FENCE}\n{piece.text.replace(FENCE, _BROKEN)}\n{FENCE}"
    return f"**{escape(piece.text)}**" if piece.strong else escape(piece.text)


def _fitting(piece: Piece, room: int, size: Callable[[Piece], int]) -> Iterator[Piece]:
    """The piece in as few runs of its lines as `room` allows."""
    run: list[str] = []
    for line in _lines(piece.text, room // 3):
        if run and size(replace(piece, text="\n".join([*run, line]))) > room:
            yield replace(piece, text="\n".join(run))
            run = []
        run.append(line)
    if run:
        yield replace(piece, text="\n".join(run))


def _lines(text: str, longest: int) -> Iterator[str]:
    """Lines of at most `longest` characters (escaping at most doubles them), longer ones broken between words."""
    for line in text.splitlines() or [""]:
        rest = line
        while len(rest) > longest:
            at = rest.rfind(" ", 1, longest) if " " in rest[1:longest] else longest
            yield rest[:at]
            rest = rest[at:].removeprefix(" ")
        yield rest
