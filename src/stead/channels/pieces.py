"""A message in pieces that a chat shows each in its own way, and those pieces in parts that the chat takes.

For chats with a look of their own (bold, code). What is only text has `text.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from stead.channels.text import disarmed, headline
from stead.domain.delivery import Block, BlockKind, Message
from stead.domain.ids import approval_number


class Look(StrEnum):
    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Piece:
    """`tight`: it belongs to the piece before it, on the next line; else a blank line lies between."""

    look: Look
    text: str
    tight: bool = False


Part = Sequence[Piece]

_HEADINGS = {BlockKind.EVIDENCE: "Seen", BlockKind.STEP: "What Stead did", BlockKind.COMMAND: "You can"}


def pieces(message: Message) -> list[Piece]:
    """Every word disarmed, in the order of its blocks; runs of one kind stand under one heading. Buttons are named, not shown."""
    safe = disarmed(message)
    return [piece for piece in _pieces(safe) if piece.text.strip()]


def _pieces(safe: Message) -> Iterator[Piece]:
    yield Piece(Look.TITLE, headline(safe))
    before: BlockKind | None = None
    for block in safe.blocks:
        if block.kind in _HEADINGS and block.kind is not before:
            yield Piece(Look.HEADING, _HEADINGS[block.kind])
        yield from _block(block)
        before = block.kind
    asked = dict.fromkeys(button.approval for button in safe.buttons if button.approval)
    if asked and not safe.resolved:
        names = " or ".join(f"`approve {approval_number(number)}`" for number in asked)
        yield Piece(Look.TEXT, f"Press a button, or write {names} (or `deny …`).")
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


def parts(made: Sequence[Piece], limit: int, size: Callable[[str], int] = len) -> list[list[Piece]]:
    """The pieces in parts of at most `limit`, as `size` measures their text, each but an only one marked `(2/3)` at its end.

    A piece is cut where a reader would: between paragraphs, lines, words; code between its lines, and both halves stay code.
    """
    if _size(made, size) <= limit:
        return [list(made)]
    room = limit - size("\n\n(999/999)")
    packed: list[list[Piece]] = [[]]
    for piece in made:
        rest = piece.text
        while rest:
            left = room - _size(packed[-1], size) - (2 if packed[-1] else 0)
            head, rest = _cut(rest, left, room, size, code=piece.look is Look.CODE)
            if head:
                packed[-1].append(replace(piece, text=head))
            if rest:
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


def _size(part: Part, size: Callable[[str], int]) -> int:
    return size(joined(part, lambda piece: piece.text))


def _cut(text: str, left: int, room: int, size: Callable[[str], int], *, code: bool) -> tuple[str, str]:
    """As much of `text` as fits into `left`, cut at a good place, and the rest; nothing where a fresh part (`room`) takes it better."""
    if size(text) <= left:
        return text, ""
    if left < room // 4 and left < room:
        return "", text
    end = _prefix(text, left, size)
    for joint in ("\n",) if code else ("\n\n", "\n", " "):
        at = text.rfind(joint, 0, end + len(joint))
        if at > end // 2 or (at > 0 and joint in ("\n", " ")):
            return text[:at], text[at + len(joint) :]
    return text[: max(end, 1)], text[max(end, 1) :]


def _prefix(text: str, most: int, size: Callable[[str], int]) -> int:
    """How many characters of `text` fit into `most`."""
    low, high = 0, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low
