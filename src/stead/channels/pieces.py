"""A message in pieces that a chat shows each in its own way, and those pieces in parts that the chat takes.

For chats with a look of their own (bold, code). What is only text has `text.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from stead.channels.text import disarmed, headline
from stead.domain.delivery import Block, BlockKind, Message
from stead.domain.finding import Severity
from stead.domain.ids import approval_number


class Look(StrEnum):
    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    CODE = "code"


class Span(StrEnum):
    WORDS = "words"
    CODE = "code"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Piece:
    """`tight`: it belongs to the piece before it, on the next line; else a blank line lies between."""

    look: Look
    text: str
    tight: bool = False


Part = Sequence[Piece]

SIGNS = {Severity.CRITICAL: "\N{LARGE RED CIRCLE}", Severity.WARNING: "\N{LARGE YELLOW CIRCLE}", Severity.INFO: "\N{LARGE BLUE CIRCLE}"}
OVER = "\N{WHITE HEAVY CHECK MARK}"
_INLINE = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")
_HEADINGS = {BlockKind.EVIDENCE: "Seen", BlockKind.STEP: "What Stead did", BlockKind.COMMAND: "You can"}


def pieces(message: Message, *, press: str = "Press a button", signed: bool = False) -> list[Piece]:
    """Every word disarmed, in the order of its blocks; runs of one kind stand under one heading. Buttons are named, not shown.

    `press` is what one does with them in this chat; `signed` puts a coloured sign before the title of news.
    """
    safe = disarmed(message)
    sign = f"{OVER if safe.resolved else SIGNS[safe.severity]} " if signed and not safe.plain else ""
    return [piece for piece in _pieces(safe, sign, press) if piece.text.strip()]


def spans(text: str) -> Iterator[tuple[Span, str]]:
    """Words with `code` and **bold** as Markdown writes them, taken apart; all else is as it is."""
    at = 0
    for found in _INLINE.finditer(text):
        yield Span.WORDS, text[at : found.start()]
        yield (Span.CODE, found[1]) if found[1] is not None else (Span.BOLD, found[2])
        at = found.end()
    yield Span.WORDS, text[at:]


def _pieces(safe: Message, sign: str, press: str) -> Iterator[Piece]:
    yield Piece(Look.TITLE, sign + headline(safe))
    before: BlockKind | None = None
    for block in safe.blocks:
        if block.kind in _HEADINGS and block.kind is not before:
            yield Piece(Look.HEADING, _HEADINGS[block.kind])
        yield from _block(block)
        before = block.kind
    asked = dict.fromkeys(button.approval for button in safe.buttons if button.approval)
    if asked and not safe.resolved:
        names = " or ".join(f"`approve {approval_number(number)}`" for number in asked)
        yield Piece(Look.TEXT, f"{press}, or write {names} (or `deny …`).")
    if safe.state and not safe.resolved:
        yield Piece(Look.TEXT, f"State: {safe.state.replace('_', ' ')}.")


def _block(block: Block) -> Iterator[Piece]:
    if block.kind is BlockKind.CODE:
        yield Piece(Look.CODE, block.text.strip("\n"))
        return
    if block.kind is BlockKind.TEXT:
        yield Piece(Look.TEXT, block.text.strip())
        return
    yield Piece(Look.TEXT, f"• {block.text.strip()}" if block.text.strip() else "", tight=True)
    yield Piece(Look.CODE, block.command.strip(), tight=True)


def parts(made: Sequence[Piece], limit: int, size: Callable[[Piece], int]) -> list[list[Piece]]:
    """The pieces in parts of at most `limit`, as `size` measures a piece as it is shown, each but an only one marked `(2/3)` at its end.

    A piece is cut where a reader would: between paragraphs, lines, words; code between its lines, and both halves stay code.
    """
    if _size(made, size) <= limit:
        return [list(made)]
    room = limit - len("\n\n(999/999)")
    packed: list[list[Piece]] = [[]]
    for piece in made:
        rest = piece
        while rest.text:
            left = room - _size(packed[-1], size) - (2 if packed[-1] else 0)
            head, rest = _cut(rest, left, room, size)
            if head.text:
                packed[-1].append(head)
            if rest.text:
                packed.append([])
    packed = [part for part in packed if part]
    return [[*part, Piece(Look.TEXT, f"({n}/{len(packed)})")] for n, part in enumerate(packed, 1)]


def joined(part: Part, show: Callable[[Piece], str]) -> str:
    """The part as one text, each piece as `show` shows it."""
    text = ""
    for piece in part:
        between = "" if not text else "\n" if piece.tight else "\n\n"
        text += between + show(piece)
    return text


def _size(part: Part, size: Callable[[Piece], int]) -> int:
    """Of the whole part, with what `joined` puts between."""
    return sum(map(size, part)) + 2 * max(0, len(part) - 1)


def _cut(piece: Piece, left: int, room: int, size: Callable[[Piece], int]) -> tuple[Piece, Piece]:
    """As much of the piece as fits into `left`, cut at a good place, and the rest; nothing where a fresh part (`room`) takes it better."""
    if size(piece) <= left:
        return piece, replace(piece, text="")
    if left < room // 4 and left < room:
        return replace(piece, text=""), piece
    text = piece.text
    end = max(_prefix(piece, left, size), 1)
    for joint in ("\n",) if piece.look is Look.CODE else ("\n\n", "\n", " "):
        at = text.rfind(joint, 0, end + len(joint))
        if at > end // 2 or (at > 0 and joint in ("\n", " ")):
            return replace(piece, text=text[:at]), replace(piece, text=text[at + len(joint) :])
    return replace(piece, text=text[:end]), replace(piece, text=text[end:])


def _prefix(piece: Piece, most: int, size: Callable[[Piece], int]) -> int:
    """How many characters of the piece fit into `most`."""
    low, high = 0, min(len(piece.text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if size(replace(piece, text=piece.text[:middle])) <= most:
            low = middle
        else:
            high = middle - 1
    return low
