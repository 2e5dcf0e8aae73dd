"""YAML that anybody may have written → plain values, by the events of the C parser: four times as fast as a loader.

Promise: depth and size are bounded while reading, so an alias bomb or a million brackets cost a sentence and not the memory. Only
what JSON has is understood: no tags, no dates, no merging; a number is a number only where Kubernetes would write one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from stead.domain.errors import UserError

MOST_DEPTH = 200
"""How deep a document may be nested. Nothing in the Kubernetes API comes near."""
MOST_EXPANSION = 20
"""How many times larger than its text a document may grow through aliases."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_PLAIN: dict[str, Any] = {"null": None, "~": None, "": None, "true": True, "false": False}


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that has begun. `size` counts the values in it, `key` waits for its value."""

    value: Any
    anchor: str | None
    size: int = 1
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    name: str
    most: int
    stack: list[_Open] = field(default_factory=list[_Open])
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict[str, tuple[Any, int]])
    document: Any = None
    line: int = 0

    def scalar(self, event: Any) -> None:
        text: str = event.value
        value: Any = text
        if event.implicit[0]:  # plain and without a tag
            if text in _PLAIN:
                value = _PLAIN[text]
            elif _INTEGER.fullmatch(text):
                value = int(text)
        self.add(value, 1, text, event.anchor)

    def start(self, event: Any, value: Any) -> None:
        if len(self.stack) >= MOST_DEPTH:
            raise self.wrong(f"is nested deeper than {MOST_DEPTH} levels")
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            raise self.wrong("has a key that is not a word")
        self.stack.append(_Open(value, event.anchor))

    def end(self) -> None:
        done = self.stack.pop()
        self.add(done.value, done.size, None, done.anchor)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self.wrong(f"refers to `{event.anchor[:40]}`, which is not complete there")
        value, size = self.anchors[event.anchor]
        self.add(value, size, None, None)

    def add(self, value: Any, size: int, text: str | None, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            self.document = value
            return
        top = self.stack[-1]
        top.size += size
        if top.size > self.most:
            raise self.wrong("grows beyond all measure through its aliases")
        if isinstance(top.value, list):
            cast("list[Any]", top.value).append(value)
        elif top.key is None:
            if text is None:
                raise self.wrong("has a key that is not a word")
            top.key = text
        else:
            top.value[top.key] = value
            top.key = None

    def wrong(self, what: str) -> UserError:
        return UserError(f"{self.name} {what} (line {self.line + 1})", hint="is it what kubectl wrote?")


Progress = Callable[[str, float], None]
"""Hears how far reading has come: what is read, and which part of it (0 to 1)."""

_EVERY = 20_000
"""Events between two words of progress: about ten a second."""


def documents(text: bytes, name: str, progress: Progress) -> Iterator[Any]:
    """The documents of `text`, one after the other; empty ones are None. UserError naming the line of the first mistake."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    builder = _Builder(name, max(10_000, MOST_EXPANSION * len(text)))
    events = cast("Iterator[Any]", YAML(typ="safe").parse(io.BytesIO(text)))  # pyright: ignore[reportUnknownMemberType]
    try:
        for number, event in enumerate(events):
            if number % _EVERY == 0:
                progress(name, event.start_mark.index / len(text))
            if _feed(builder, event):
                yield builder.document
                builder.document, builder.anchors = None, {}
    except YAMLError as error:
        raise _mistake(error, name) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is not YAML: {' '.join(str(error).split())[:200]}", hint="is it what kubectl wrote?") from error


def _feed(builder: _Builder, event: Any) -> bool:
    """Take one event in; True at the end of a document."""
    kind = type(event).__name__
    builder.line = event.start_mark.line
    if kind == "ScalarEvent":
        builder.scalar(event)
    elif kind == "MappingStartEvent":
        builder.start(event, {})
    elif kind == "SequenceStartEvent":
        builder.start(event, [])
    elif kind in ("MappingEndEvent", "SequenceEndEvent"):
        builder.end()
    elif kind == "AliasEvent":
        builder.alias(event)
    return kind == "DocumentEndEvent"


def _mistake(error: Exception, name: str) -> UserError:
    said: Any = error
    mark = getattr(said, "problem_mark", None) or getattr(said, "context_mark", None)
    problem = getattr(said, "problem", None) or getattr(said, "reason", None) or "it cannot be understood"
    where = f"{name}, line {mark.line + 1}" if mark is not None else name
    return UserError(f"{where}: not YAML: {' '.join(str(problem).split())[:200]}", hint="is it whole, and what kubectl wrote?")
