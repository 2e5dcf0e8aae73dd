"""A small chart as a picture: bars over time, drawn without a library. PNG as RFC 2083 writes it, in colours of a palette."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

BAR, GAP, HEIGHT, MARGIN = 16, 4, 120, 10
"""Pixels."""
_PALETTE = bytes([255, 255, 255, 200, 205, 212, 214, 73, 51, 46, 139, 87])
"""White, the grey of the ground line, red, green."""
_WHITE, _GREY = 0, 1
RED, GREEN = 2, 3


def bars(series: Sequence[tuple[int, Sequence[int]]]) -> bytes:
    """A PNG of these rows of counts, each with its colour, side by side in each step of time; at least one pixel for a count above 0."""
    steps = max((len(counts) for _, counts in series), default=0)
    most = max((count for _, counts in series for count in counts), default=0)
    width = 2 * MARGIN + max(steps, 1) * (BAR + GAP)
    rows = [bytearray([_WHITE]) * width for _ in range(HEIGHT)]
    ground = HEIGHT - MARGIN
    rows[ground][MARGIN : width - MARGIN] = bytes([_GREY]) * (width - 2 * MARGIN)
    thin = BAR // max(len(series), 1)
    for number, (colour, counts) in enumerate(series):
        for step, count in enumerate(counts):
            left = MARGIN + step * (BAR + GAP) + number * thin
            tall = max(1, round((ground - MARGIN) * count / most)) if count > 0 else 0
            for y in range(ground - tall, ground):
                rows[y][left : left + thin] = bytes([colour]) * thin
    return _png(width, rows)


def _png(width: int, rows: Sequence[bytes | bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
