"""A small chart as a picture: bars over time with their legend and axes, drawn without a library.

PNG as RFC 2083 writes it, in colours of a palette.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from stead.domain.glyphs import HIGH, WIDE, dots, width

BAR, GAP, PLOT = 16, 4, 100
"""Pixels: a step of time, what is between two, and the height of the highest bar."""
LEFT, RIGHT, TOP, BOTTOM = 42, 14, 34, 24
"""Pixels around the bars: for counts, for the legend, for times."""
GROUND = TOP + PLOT
"""The row on which bars stand."""
HEIGHT = GROUND + BOTTOM
_SCALE = 2
"""Pixels of a letter's dot."""
_EVERY = 6
"""Steps from one time that is written below to the next."""
_PALETTE = bytes([255, 255, 255, 200, 205, 212, 214, 73, 51, 46, 139, 87, 70, 76, 84])
"""White, the grey of lines, red, green, and the ink of letters."""
_WHITE, _GREY = 0, 1
RED, GREEN = 2, 3
INK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A count for each step of time, in its colour, with what it is in lower-case letters."""

    name: str
    colour: int
    counts: Sequence[int]


def bars(rows: Sequence[Row], times: Sequence[str]) -> bytes:
    """A PNG of these rows side by side in each step of time; at least one pixel for a count above 0. `times` names the steps."""
    steps = max((len(row.counts) for row in rows), default=0)
    most = max((count for row in rows for count in row.counts), default=0)
    canvas = _Canvas(LEFT + max(steps, 1) * (BAR + GAP) + RIGHT)
    canvas.legend(rows)
    canvas.axes(most, times[:steps])
    thin = BAR // max(len(rows), 1)
    for number, row in enumerate(rows):
        for step, count in enumerate(row.counts):
            tall = max(1, round(PLOT * count / most)) if count > 0 else 0
            canvas.box(LEFT + step * (BAR + GAP) + number * thin, GROUND - tall, thin, tall, row.colour)
    return _png(canvas.width, canvas.rows)


class _Canvas:
    def __init__(self, width: int) -> None:
        self.width = width
        self.rows = [bytearray([_WHITE]) * width for _ in range(HEIGHT)]

    def box(self, left: int, top: int, wide: int, high: int, colour: int) -> None:
        """What lies beyond the picture is not drawn."""
        right = min(left + wide, self.width)
        for y in range(top, top + high):
            self.rows[y][left:right] = bytes([colour]) * max(right - left, 0)

    def write(self, text: str, left: int, top: int) -> int:
        """The text in ink; the column behind it."""
        for x, y in dots(text):
            self.box(left + x * _SCALE, top + y * _SCALE, _SCALE, _SCALE, INK)
        return left + width(text) * _SCALE

    def legend(self, rows: Sequence[Row]) -> None:
        at = LEFT
        for row in rows:
            self.box(at, 6, HIGH * _SCALE, HIGH * _SCALE, row.colour)
            at = self.write(row.name, at + 20, 6) + 16

    def axes(self, most: int, times: Sequence[str]) -> None:
        """The ground with times, and the height of the highest bar with its count."""
        wide = self.width - LEFT - RIGHT
        self.box(LEFT, GROUND, wide, 1, _GREY)
        for count, y in ((most, TOP), (0, GROUND)) if most else ((0, GROUND),):
            self.box(LEFT, y, wide, 1, _GREY)
            text = str(count)
            self.write(text, max(LEFT - 6 - (width(text) - 1) * _SCALE, 0), y - HIGH * _SCALE // 2)
        for step, time in list(enumerate(times))[::_EVERY]:
            left = LEFT + step * (BAR + GAP)
            self.box(left, GROUND, 1, WIDE, _GREY)
            self.write(time, left, GROUND + 8)


def _png(wide: int, rows: Sequence[bytes | bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", wide, len(rows), 8, 3, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
