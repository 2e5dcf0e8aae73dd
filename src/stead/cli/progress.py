"""One line on the terminal that says how far something long has come, and is gone when it is done."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Self

from stead.cli.output import line


class Progress:
    """Call it with what is being read and which part of it has been (0 to 1). Says nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
        self._said = ""

    def __call__(self, what: str, part: float) -> None:
        said = f"reading {line(what)}: {min(part, 1):4.0%}"
        if self._shows and said != self._said:
            self._write(f"\r{said}\x1b[K")
            self._said = said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._said:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)
