"""Bytes that anybody wrote, as lines that may be shown: no escapes, nothing invisible, nothing without end."""

from __future__ import annotations

import re

MOST_LINES = 5_000
"""Lines that are looked at, counted from the end: what a program said last is why it ended."""
LONGEST = 2_000
"""Characters of one line that are kept. A stack trace's line has at most a few hundred."""
MOST_BYTES = 4 << 20
"""Bytes that are looked at, counted from the end."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""ECMA-48 control sequences, and the operating system commands that set a terminal's title."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
"""Control characters, and those that turn or hide text on a screen."""
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\ufffd]")


def clean(text: str) -> str:
    """`text` without what would move a cursor or hide words; a carriage return ends a line."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return _UNSEEN.sub("", _ESCAPES.sub("", plain)).encode(errors="replace").decode()


def lines_of(raw: bytes) -> list[str]:
    """The last lines, without the empty ones. A line that is no text is told by its length."""
    text = raw[-MOST_BYTES:].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    shown = (_line(line) for line in text.split("\n")[-MOST_LINES:])
    return [line for line in shown if line.strip()]


def _line(line: str) -> str:
    head = line[: LONGEST * 4]  # escapes may be most of it
    if len(_BINARY.findall(head)) * 5 > len(head):
        return f"({len(line)} characters that are no text)"
    kept = clean(head).rstrip()
    return kept if len(kept) <= LONGEST and len(head) == len(line) else kept[: LONGEST - 1] + "…"
