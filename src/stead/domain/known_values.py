"""Secrets whose value is known: they are hidden wherever they appear, also in base64, in a URL, in JSON and in hexadecimal."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, quote_plus

from stead.domain.secret_formats import Span

SHORTEST = 6
"""Characters from which a value is hidden: a shorter one stands in ordinary words too, and its absence would tell where it stood."""


_LONG = re.compile(r"(?<![A-Za-z0-9+/=_%-])[A-Za-z0-9+/=_%-]{12,}")
"""The long words of a text are few: what is one word itself is looked for in them before the whole text is."""
_REST = re.compile(r"[A-Za-z0-9+/_-]?={0,2}")
"""The last character of a value in base64 may belong to what follows it, too."""
_LINE = 16
"""Characters from which one line of a longer value (a key in PEM) gives it away by itself."""


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Each known value in every form that it may take. `long` forms are one long word, `others` are not; `encoded` are in base64."""

    long: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    encoded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Iterable[str]) -> KnownValues:
        """From the values themselves. Those shorter than SHORTEST are left out."""
        given = [value for value in values if len(value) >= SHORTEST]
        lines = [line for value in given for line in value.splitlines() if len(line) >= _LINE]
        every = {part for part in (*given, *map(str.strip, given), *lines) if len(part) >= SHORTEST}
        plain = {form for value in every for form in _plain(value)}
        encoded = {form for value in every for form in _encoded(value)} - plain
        forms = sorted(form for form in plain | encoded if len(form) >= SHORTEST)
        long = tuple(form for form in forms if _LONG.fullmatch(form))
        return cls(long, tuple(form for form in forms if form not in long), frozenset(encoded))

    def spans(self, text: str) -> Iterator[Span]:
        """Where they stand in `text`, in no promised order."""
        words = "\n".join(_LONG.findall(text)) if self.long else ""
        for form in (*(form for form in self.long if form in words), *self.others):
            at = text.find(form)
            while at >= 0:
                end = at + len(form)
                if form in self.encoded:
                    rest = _REST.match(text, end)
                    end = rest.end() if rest else end
                    at -= 1 if at and text[at - 1].isalnum() else 0
                yield at, end
                at = text.find(form, end)


def _plain(value: str) -> Iterator[str]:
    raw = value.encode(errors="replace")
    yield value
    yield quote(value, safe="", errors="replace")
    yield quote_plus(value, errors="replace")
    yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quote(value, safe="", errors="replace"))
    once = json.dumps(value)[1:-1]
    yield once
    yield json.dumps(once)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield escape(value)
    yield raw.hex()


def _encoded(value: str) -> Iterator[str]:
    """In the middle of a longer text base64 shows a value in three ways, by where its first byte falls. The characters at both ends belong
    to its neighbours, too, and are left out."""
    raw = value.encode(errors="replace")
    for before, first in enumerate((0, 2, 3)):
        whole = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        form = whole[first : len(whole) - (1 if (before + len(raw)) % 3 else 0)]
        yield form
        yield form.replace("+", "-").replace("/", "_")
