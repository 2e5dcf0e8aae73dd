"""The secrets that this process holds: each is held from the moment at which it is read, and every `Redactor` hides it from then on.

The one thing on this floor that changes: a promise about what must not leave cannot depend on who was told of which secret.
"""

from __future__ import annotations

import re
import threading
from urllib.parse import urlsplit

MOST = 500
"""Values that are held, the newest of them: a token that is renewed each hour is not held for ever."""

_TELLING = 16
"""Letters from which a part of an address is one that gives access (a bot's token, a hook's path), where it has a digit, too."""

_held: dict[str, None] = {}
_changing = threading.Lock()
_now: tuple[str, ...] = ()


def hold(value: str) -> None:
    """Hide `value` from now on, and of an address also its password and the parts of it that give access."""
    global _now
    parts = [part for part in (value, *_parts(value)) if part]
    if all(part in _held for part in parts):
        return
    with _changing:
        for part in parts:
            _held.pop(part, None)
            _held[part] = None
        while len(_held) > MOST:
            del _held[next(iter(_held))]
        _now = tuple(_held)


def held() -> tuple[str, ...]:
    """All of them. The same object until one more is held."""
    return _now


def let_go() -> None:
    """Hold nothing any more: for tests, each of which begins with no secret."""
    global _now
    with _changing:
        _held.clear()
        _now = ()


def _parts(value: str) -> list[str]:
    if "://" not in value:
        return []
    try:
        address = urlsplit(value)
        password = address.password or ""
    except ValueError:
        return []
    words = re.split(r"[/?&=#@:]", value.partition("://")[2].removeprefix(address.hostname or ""))
    telling = [word for word in words if len(word) >= _TELLING and any(letter.isdigit() for letter in word)]
    return [password, *telling]
