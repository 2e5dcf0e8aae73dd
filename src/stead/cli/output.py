"""How answers look: a table on a terminal, plain aligned lines in a pipe, JSON for programs. stdout is data, stderr is talk."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TextIO


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"


COLOURS = {
    "critical": "bold red",
    "warning": "yellow",
    "info": "cyan",
    "green": "green",
    "amber": "yellow",
    "red": "bold red",
    "blind": "magenta",
}


def clean(text: str) -> str:
    """`text` without what could command a terminal: control and formatting characters become visible or go. Line ends stay."""
    text = text.replace("\t", "    ")
    return "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else "�" for c in text)


def line(text: str) -> str:
    """`clean` on one line."""
    return " ".join(part.strip() for part in clean(text).splitlines())


def say_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"


def stderr_colour() -> tuple[str, str, str]:
    """The codes for red, blue and off; empty where colour is not wanted (https://no-color.org)."""
    return ("\x1b[31m", "\x1b[34m", "\x1b[0m") if coloured(sys.stderr) else ("", "", "")


def coloured(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that shows colours, and a person who wants them."""
    return stream.isatty() and os.environ.get("TERM", "") != "dumb" and not os.environ.get("NO_COLOR")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str, widest: int = 1) -> None:
    """Rows under their columns. `empty` is said (to people) when there are none; `widest` is the column that gives way first."""
    tidy = [[line(cell) for cell in row] for row in rows]
    if not tidy:
        print(empty, file=sys.stdout if is_terminal() else sys.stderr)
    elif is_terminal():
        _rich(columns, tidy, widest)
    else:
        _plain(columns, tidy)


def _plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _rich(columns: Sequence[str], rows: Sequence[Sequence[str]], widest: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for index, name in enumerate(columns):
        shown.add_column(name, ratio=1 if index == widest else None, no_wrap=index != widest, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    Console().print(shown)
