"""A chart is a picture that any reader of PNG can open."""

from __future__ import annotations

import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from stead.domain.chart import GREEN, HEIGHT, RED, bars


def pixels(png: bytes) -> list[bytes]:
    """The rows of a picture with a palette, each pixel a byte; the checksums are checked."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, at = {}, 8
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        body = png[at + 4 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(body)
        found[body[:4]], at = body[4:], at + 12 + size
    width, height, depth, colours = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert (depth, colours) == (8, 3)
    raw = zlib.decompress(found[b"IDAT"])
    assert len(raw) == height * (width + 1)
    return [raw[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]


def test_a_bar_is_as_tall_as_its_count() -> None:
    rows = pixels(bars([(RED, [2, 0, 1]), (GREEN, [0, 0, 4])]))
    assert len(rows) == HEIGHT
    tall = {colour: sum(colour in row for row in rows) for colour in (RED, GREEN)}
    assert tall[GREEN] == 2 * tall[RED] == HEIGHT - 20


@given(st.lists(st.integers(0, 10_000), max_size=40), st.lists(st.integers(0, 3), max_size=40))
def test_any_day_is_a_picture_and_one_incident_is_seen(opened: list[int], ended: list[int]) -> None:
    rows = pixels(bars([(RED, opened), (GREEN, ended)]))
    assert any(RED in row for row in rows) == any(opened)
    assert any(GREEN in row for row in rows) == any(ended)
