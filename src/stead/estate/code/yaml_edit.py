"""One value of a YAML file set in place: comments, order, quotes and every other character stay as they are.

Promise: what comes out is parsed again, and differs from what went in by that one value, or the edit is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from stead.domain.code.edits import SetValue

Place = Sequence[str | int]

DEEPEST = 100
MOST_VALUES = 200_000
"""How deep values may be nested in each other, and how many a file may hold."""

_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./@:+-]*")
_NUMBER = re.compile(r"[0-9_.:+-]+([eE][0-9+-]+)?|0[xob][0-9A-Fa-f_]+")
"""Texts that YAML reads as themselves without quotes, unless they are one of its words or, to YAML 1.1, a number or a time."""
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"})


def documents(text: str) -> list[Any]:
    """What the file holds, a value for each document. ValueError, with the line, where it is no YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        _not_too_deep(text)
        return list(cast("Any", YAML(typ="safe")).load_all(text))
    except (YAMLError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise ValueError(f"is no YAML: {_said(error)}") from error


def _not_too_deep(text: str) -> None:
    """The library in C follows what is nested by recursion, and a stack that overflows there ends the process: its events do not.

    Aliases are counted as what they stand for: a few lines of them can stand for more than any memory holds.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

    sizes: dict[str, int] = {}
    open_: list[tuple[str, int]] = [("", 0)]
    for event in cast("Iterator[Any]", cast("Any", YAML(typ="safe")).parse(text)):
        size = 0
        if isinstance(event, CollectionStartEvent):
            open_.append((_anchor(event), 1))
        elif isinstance(event, CollectionEndEvent):
            anchor, size = open_.pop()
            sizes[anchor] = size
        elif isinstance(event, ScalarEvent):
            size = sizes[_anchor(event)] = 1
        elif isinstance(event, AliasEvent):
            size = sizes.get(_anchor(event), MOST_VALUES)
        open_[-1] = (open_[-1][0], open_[-1][1] + size)
        if len(open_) > DEEPEST or open_[-1][1] > MOST_VALUES:
            raise ValueError(f"it is nested more than {DEEPEST} deep, refers to itself, or holds more than {MOST_VALUES} values")


def _anchor(event: Any) -> str:
    return str(event.anchor or "")


def with_value(edit: SetValue, text: str) -> str:
    """`text` with the value set. ValueError, in words for whoever wrote the edit, where that cannot be done exactly."""
    before = documents(text)
    number = _document(edit, before)
    made = _spliced(text, number, edit)
    after = documents(made)
    wanted = _changed(before[number], edit.at, edit.to)
    if (
        len(after) != len(before)
        or after[number] != wanted
        or [d for n, d in enumerate(after) if n != number] != [d for n, d in enumerate(before) if n != number]
    ):
        raise ValueError(f"{edit.path}: {_told(edit.at)} cannot be set without touching more (an alias, perhaps); replace the text instead")
    return made


def _document(edit: SetValue, found: Sequence[Any]) -> int:
    if edit.document is not None:
        if edit.document >= len(found):
            raise ValueError(f"{edit.path} holds {len(found)} documents; there is none of number {edit.document}")
        return edit.document
    fitting = [number for number, one in enumerate(found) if _has(one, edit.at[:-1]) and _may_hold(_get(one, edit.at[:-1]), edit.at[-1])]
    exact = [number for number in fitting if _has(found[number], edit.at)]
    chosen = exact or fitting
    if not chosen:
        raise ValueError(f"{edit.path} has no place {_told(edit.at)}")
    if len(chosen) > 1:
        raise ValueError(f"{edit.path}: {_told(edit.at)} is in documents {', '.join(map(str, chosen))}; say which by `document`")
    return chosen[0]


def _may_hold(given: Any, step: str | int) -> bool:
    """Whether a value may be set there: an entry of a list must be there already, a key need not."""
    return isinstance(given, dict) or (isinstance(given, list) and _index(cast("list[Any]", given), step) is not None)


def _has(given: Any, place: Place) -> bool:
    try:
        _get(given, place)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _get(given: Any, place: Place) -> Any:
    for step in place:
        given = given[_key(given, step)]
    return given


def _key(given: Any, step: str | int) -> Any:
    if isinstance(given, list):
        index = _index(cast("list[Any]", given), step)
        if index is None:
            raise IndexError(step)
        return index
    if not isinstance(given, dict):
        raise TypeError(step)
    return step


def _index(given: Sequence[Any], step: str | int) -> int | None:
    """The position in a list that a step means: a number, or the one entry with that value (`name=api`)."""
    if isinstance(step, int):
        return step if step < len(given) else None
    name, _, value = step.partition("=")
    found = [n for n, one in enumerate(given) if isinstance(one, dict) and str(cast("dict[Any, Any]", one).get(name)) == value]
    return found[0] if len(found) == 1 else None


def _changed(given: Any, place: Place, value: Any) -> Any:
    """A copy with that one value."""
    if not place:
        return value
    step, rest = _key(given, place[0]), place[1:]
    copied: Any = list(cast("list[Any]", given)) if isinstance(given, list) else dict(cast("dict[Any, Any]", given))
    copied[step] = _changed(given[step], rest, value) if rest else value
    return copied


def _spliced(text: str, number: int, edit: SetValue) -> str:
    from ruamel.yaml import YAML

    nodes: list[Any] = list(cast("Any", YAML(typ="safe")).compose_all(text))
    parent: Any = nodes[number]
    for step in edit.at[:-1]:
        parent = _child(parent, step)
        if parent is None:
            raise ValueError(f"{edit.path}: {_told(edit.at)} is behind an alias or a merge; replace the text instead")
    child = _child(parent, edit.at[-1])
    if child is not None:
        return _replaced(text, child, edit)
    return _added(text, parent, edit)


def _child(node: Any, step: str | int) -> Any:
    """The node that a step leads to, None where none does."""
    for key, value in _pairs(node):
        if key.value == str(step):
            return value
    name, _, wanted = str(step).partition("=")
    for position, entry in enumerate(_entries(node)):
        if position == step or any(key.value == name and value.value == wanted for key, value in _pairs(entry)):
            return entry
    return None


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    """The keys of a mapping with their values."""
    return [one for one in _listed(node) if isinstance(one, tuple)]


def _entries(node: Any) -> list[Any]:
    """What stands in a list."""
    return [one for one in _listed(node) if not isinstance(one, tuple)]


def _listed(node: Any) -> list[Any]:
    return cast("list[Any]", node.value) if isinstance(node.value, list) else []


def _replaced(text: str, node: Any, edit: SetValue) -> str:
    begin, end = node.start_mark.index, node.end_mark.index
    if _listed(node) and not node.flow_style:
        raise ValueError(f"{edit.path}: {_told(edit.at)} holds more than one value; set those in it, or replace the text")
    if getattr(node, "style", None) in ("|", ">"):
        raise ValueError(f"{edit.path}: {_told(edit.at)} is a text of several lines; replace the text instead")
    if begin == end:
        raise ValueError(f"{edit.path}: {_told(edit.at)} is empty; replace the text instead")
    return text[:begin] + _written(edit.to, getattr(node, "style", None)) + text[end:]


def _added(text: str, parent: Any, edit: SetValue) -> str:
    """A new key after the last one of a block mapping, with the same indent."""
    entries = _pairs(parent)
    if not entries or parent.flow_style:
        raise ValueError(f"{edit.path}: {_told(edit.at)} is not there, and cannot be added in place; replace the text instead")
    indent = " " * entries[0][0].start_mark.column
    end = _end_of(text, entries[-1][1], entries[-1][0])
    line = f"{indent}{_written(edit.at[-1], None)}: {_written(edit.to, None)}\n"
    before = text[:end]
    return (before if before.endswith("\n") or not before else before + "\n") + line + text[end:]


def _end_of(text: str, node: Any, key: Any) -> int:
    """Where the line ends on which a value does: the end mark of a block lies behind the blank lines and comments that follow it."""
    last = _last(node)
    at: int = max(int(last.end_mark.index), int(key.end_mark.index))
    if getattr(last, "style", None) in ("|", ">"):
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _last(node: Any) -> Any:
    """The last value in a block, however deep."""
    within = [] if getattr(node, "flow_style", False) else _listed(node)
    if not within:
        return node
    return _last(within[-1][1] if isinstance(within[-1], tuple) else within[-1])


def _written(value: Any, style: str | None) -> str:
    """A value on one line, with the quotes that were there before where it is a text."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if style == "'" and "\n" not in value and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if not style and _PLAIN.fullmatch(value) and not (value.endswith(":") or value.casefold() in _WORDS or _NUMBER.fullmatch(value)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _told(place: Place) -> str:
    return "`" + ".".join(map(str, place))[:120] + "`"


def _said(error: Exception) -> str:
    mark: Any = getattr(error, "problem_mark", None)
    problem: Any = getattr(error, "problem", None) or str(error).partition("\n")[0][:120] or type(error).__name__
    return f"{problem} (line {mark.line + 1})" if mark is not None else str(problem)
