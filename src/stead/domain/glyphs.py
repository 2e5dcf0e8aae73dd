"""Letters of five by seven pixels, for pictures that are drawn without a library: the HD44780's character ROM, as far as needed."""

from __future__ import annotations

from collections.abc import Iterator

WIDE, HIGH = 5, 7
"""Pixels of a letter; one more is left free after each."""

_COLUMNS = {
    "0": "3e5149453e",
    "1": "00427f4000",
    "2": "4261514946",
    "3": "2141454b31",
    "4": "1814127f10",
    "5": "2745454539",
    "6": "3c4a494930",
    "7": "0171090503",
    "8": "3649494936",
    "9": "064949291e",
    ":": "0036360000",
    "C": "3e41414122",
    "T": "01017f0101",
    "U": "3f4040403f",
    "a": "2054545478",
    "b": "7f48444438",
    "c": "3844444420",
    "d": "384444487f",
    "e": "3854545418",
    "f": "087e090102",
    "g": "0c5252523e",
    "h": "7f08040478",
    "i": "00447d4000",
    "j": "2040443d00",
    "k": "7f10284400",
    "l": "00417f4000",
    "m": "7c04180478",
    "n": "7c08040478",
    "o": "3844444438",
    "p": "7c14141408",
    "q": "081414187c",
    "r": "7c08040408",
    "s": "4854545420",
    "t": "043f444020",
    "u": "3c4040207c",
    "v": "1c2040201c",
    "w": "3c4030403c",
    "x": "4428102844",
    "y": "0c5050503c",
    "z": "4464544c44",
}
"""Each letter's columns from the left, a byte each; the lowest bit is the top row."""


def width(text: str) -> int:
    """Pixels that the text takes."""
    return len(text) * (WIDE + 1)


def dots(text: str) -> Iterator[tuple[int, int]]:
    """Where the text has ink: x from its left, y from its top. What has no letter here is left blank."""
    for number, letter in enumerate(text):
        for x, column in enumerate(bytes.fromhex(_COLUMNS.get(letter, ""))):
            yield from ((number * (WIDE + 1) + x, y) for y in range(HIGH) if column >> y & 1)
