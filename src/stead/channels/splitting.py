"""Long text in parts that a receiver takes, broken where a reader would: between paragraphs, then lines, then words."""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST = 40
"""Characters: a shorter limit leaves no room for a word and its part's number."""

_JOINTS = ("\n\n", "\n", " ")


def split(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` characters (at least SMALLEST), each but an only one marked `(2/3)` at its end.

    Nothing is left out but the white space at the joints. ValueError for a smaller limit.
    """
    if limit < SMALLEST:
        raise ValueError(f"a limit of {limit} characters is below {SMALLEST}")
    if len(text) <= limit:
        return [text]
    room = limit - len("\n(999/999)")
    parts = _pack(text, room, _JOINTS)
    return [f"{part}\n({n}/{len(parts)})" for n, part in enumerate(parts, 1)]


def _pack(text: str, room: int, joints: Sequence[str]) -> list[str]:
    """Pieces as full as `room` allows, cut at the first of `joints`, and where a piece is still too long at the next."""
    if len(text) <= room:
        return [text] if text.strip() else []
    if not joints:
        return [text[at : at + room] for at in range(0, len(text), room)]
    joint, *finer = joints
    packed: list[str] = []
    for piece in text.split(joint):
        if packed and len(packed[-1]) + len(joint) + len(piece) <= room:
            packed[-1] += joint + piece
        else:
            packed.extend(_pack(piece, room, finer))
    return packed
