"""A chart is a picture that any reader of PNG can open."""

from __future__ import annotations

import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from stead.domain.chart import GREEN, GROUND, HEIGHT, INK, PLOT, RED, TOP, Row, bars


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


def drawn(opened: list[int], ended: list[int], *times: str) -> list[bytes]:
    rows = (Row(name="opened", colour=RED, counts=opened), Row(name="resolved", colour=GREEN, counts=ended))
    return pixels(bars(rows, times))


def test_a_bar_is_as_tall_as_its_count() -> None:
    rows = drawn([2, 0, 1], [0, 0, 4])
    assert len(rows) == HEIGHT
    tall = {colour: sum(colour in row for row in rows[TOP:GROUND]) for colour in (RED, GREEN)}
    assert tall[GREEN] == 2 * tall[RED] == PLOT


def test_what_the_colours_the_height_and_the_times_are_is_written_in_it() -> None:
    rows = drawn([0] * 24, [0] * 24, *["10:30"] * 24)
    legend, below = rows[:TOP], rows[GROUND + 1 :]
    assert all(any(colour in row for row in legend) for colour in (RED, GREEN, INK))
    letters = [sum(row.count(INK) for row in drawn([0] * 24, [0] * 24, *[time] * 24)[GROUND + 12 :]) for time in ("1", "11", "?")]
    assert letters == [letters[0], 2 * letters[0], 0]
    assert any(INK in row for row in below)
    counts = [sum(row[:40].count(INK) for row in drawn([most], [0])) for most in (1, 11)]
    assert counts[0] < counts[1]


@given(st.lists(st.integers(0, 10_000), max_size=40), st.lists(st.integers(0, 3), max_size=40))
def test_any_day_is_a_picture_and_one_incident_is_seen(opened: list[int], ended: list[int]) -> None:
    rows = drawn(opened, ended)[TOP:GROUND]
    assert any(RED in row for row in rows) == any(opened)
    assert any(GREEN in row for row in rows) == any(ended)
