"""What msgspec has to know of a type is made once, by one thread.

msgspec keeps it at the class before it is whole, since types may be recursive, and runs Python on the way: another thread that reads a
value of that class at that moment reads what is half made, and the process dies of it (msgspec 0.22, seen as SIGSEGV).
"""

from __future__ import annotations

import threading
from typing import Any

import msgspec

_known: set[Any] = set()
_turn = threading.Lock()


def known(kind: Any) -> Any:
    """`kind`, of which msgspec knows all from now on: to be asked wherever a value of it is read, if several threads may read one."""
    if kind not in _known:
        with _turn:
            msgspec.json.Decoder(kind)
            _known.add(kind)
    return kind
