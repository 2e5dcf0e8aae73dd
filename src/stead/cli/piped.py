"""What is piped in, made fit to be sent: its end where it is long, without secrets, cut by meaning.

It is redacted here before it leaves this machine, and once more by the service, which knows more values.
"""

from __future__ import annotations

import io
import json
import os
import select
import stat
import sys
from collections.abc import Callable
from typing import Any

MOST_READ = 4 << 20
"""Bytes that are kept of it, counted from the end: what a program said last is what matters."""
MOST_SENT = 24_000
"""Characters."""
MOST_BODY = 48_000
"""Bytes as JSON; the service takes 64 KiB."""
PATIENCE = 3.0
"""Seconds without a byte after which it is said that there is something to wait for."""


def is_piped(stream: Any) -> bool:
    """Whether `stream` is a pipe or a file: a terminal and /dev/null say nothing."""
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError, AttributeError, io.UnsupportedOperation):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def read(descriptor: int, wait: Callable[[], None]) -> tuple[bytes, int]:
    """All of it to its end: the last `MOST_READ` bytes, and how many there were. `wait()` is called once when nothing comes."""
    kept, total, told = bytearray(), 0, False
    while True:
        if not told and not select.select([descriptor], [], [], PATIENCE)[0]:
            told = True
            wait()
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return bytes(kept[-MOST_READ:]), total
        total += len(piece)
        kept += piece
        if len(kept) > 2 * MOST_READ:
            del kept[:-MOST_READ]


def fit(raw: bytes, total: int) -> str:
    """The text to send; "" for nothing but blanks."""
    from stead.domain.excerpt import excerpt, visible
    from stead.domain.redaction import redact

    text = redact(visible(raw.decode("utf-8", "replace")))
    if total > len(raw):
        text = f"… the first {total - len(raw)} bytes are not here …\n{text.partition(chr(10))[2]}"
    most = MOST_SENT
    cut = excerpt(text, most).text
    while len(json.dumps(cut, ensure_ascii=False).encode()) > MOST_BODY:
        most = most * 3 // 4
        cut = excerpt(text, most).text
    return cut if cut.strip() else ""


def from_stdin() -> str:
    """What is piped into this command, fit to be sent; "" where nothing is."""
    if not is_piped(sys.stdin):
        return ""
    return fit(*read(sys.stdin.fileno(), lambda: print("waiting for what is piped in to end", file=sys.stderr)))
