"""Secrets do not leave: what goes to a channel, a model, a log or the store passes through here first.

Three ways to know one: by its form (`secret_formats`), by the name beside it (`secret_fields`), and by its value (`known_values`).
Promise: time linear in the text, the same answer when it is asked twice, and no ordinary line changed. What nothing gives away (a random
word in a sentence) is not found: the values that Stead itself holds (`held`) are therefore known to every redactor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from stead.domain import secret_fields, secret_formats
from stead.domain.held import held
from stead.domain.known_values import KnownValues
from stead.domain.secret_formats import Span

MARK = "[redacted]"
"""What stands in the place of a secret."""
MAX_DEPTH = 100
"""How deep an object is followed; deeper is nothing that an API writes, and is hidden whole."""

Json = Any
"""Mappings, lists, strings, numbers: what a JSON parser gives."""


class Redactor:
    """Hides secrets; `known` are values that must not appear in any form. Immutable: for more values, make another.

    `digest` of a secret, where it is given, stands in its mark: then it can be seen that a secret changed, and not what it is.
    """

    def __init__(self, known: Iterable[str] = (), *, digest: Callable[[str], str] | None = None) -> None:
        self._known = KnownValues.of(known)
        self._digest = digest

    def __call__(self, text: str) -> str:
        """`text` with each secret replaced by MARK."""
        found = [*_known(held()).spans(text), *self._known.spans(text), *secret_formats.spans(text), *secret_fields.spans(text)]
        return self._without(text, found) if found else text

    def _mark(self, secret: str) -> str:
        return MARK if self._digest is None else f"{MARK[:-1]}:{self._digest(secret)}]"

    def _without(self, text: str, found: list[Span]) -> str:
        parts: list[str] = []
        at = 0
        for start, end in _joined(found):
            parts += (text[at:start], self._mark(text[start:end]))
            at = end
        return "".join((*parts, text[at:]))

    def object(self, given: Json) -> Json:
        """An API object with its secrets replaced: all data of a Secret, values by their names, and whatever a string holds."""
        return self._walk(given, MAX_DEPTH)

    def _walk(self, given: Json, depth: int) -> Json:
        if depth <= 0:
            return MARK
        if isinstance(given, str):
            return self(given)
        if isinstance(given, Mapping):
            return self._mapping(cast("Mapping[Any, Json]", given), depth)
        if isinstance(given, Sequence) and not isinstance(given, bytes):
            return [self._walk(item, depth - 1) for item in cast("Sequence[Json]", given)]
        return MARK if isinstance(given, bytes) else given

    def _mapping(self, given: Mapping[Any, Json], depth: int) -> dict[Any, Json]:
        secret = given.get("kind") == "Secret"
        name = given.get("name")
        named = isinstance(name, str) and secret_fields.is_secret_name(name)
        shown: dict[Any, Json] = {}
        for key, value in given.items():
            if secret and key in ("data", "stringData") and isinstance(value, Mapping):
                shown[key] = {name: self._mark(str(one)) for name, one in cast("Mapping[Any, Json]", value).items()}
            elif isinstance(value, str) and value and ((named and key == "value") or self._hides(key, value)):
                shown[key] = self._mark(value)
            else:
                shown[key] = self._walk(value, depth - 1)
        return shown

    def _hides(self, key: Any, value: str) -> bool:
        return isinstance(key, str) and secret_fields.is_secret_name(key) and self(f'"{key}": "{value}"') != f'"{key}": "{value}"'


redact = Redactor()
"""For text in which no other values are known than those that this process holds."""


@lru_cache(maxsize=1)
def _known(values: tuple[str, ...]) -> KnownValues:
    return KnownValues.of(values)


def _joined(found: list[Span]) -> list[Span]:
    """In order, with those that touch made one."""
    joined: list[Span] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
