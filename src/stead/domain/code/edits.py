"""Edits of text files in a repository, as a model or a person writes them: each says exactly what it changes, or is refused.

Promise: an edit never guesses. Text that is to be replaced stands there exactly once, a file that is written is named whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from stead.domain.redaction import MARK

MOST_EDITS = 20
MOST_TEXT = 65_536
"""Characters of all edits of one change together: what a person can still read before saying yes."""

PATH = re.compile(r"[^\x00-\x1f\x7f\\]{1,400}")
_PART = re.compile(r"[^/\s][^/]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Put `with_` in the place of `find`, which stands in the file once."""

    path: str
    find: str
    with_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The whole file, new or not."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Set one value of a YAML file and leave every other character as it is.

    `at` are keys, positions in lists, and `name=api` for the entry of a list with that value · `document` of several, from 0; None where
    only one has that place.
    """

    path: str
    at: tuple[str | int, ...]
    to: Any = field(default=None)
    document: int | None = None


Edit = Replace | Write | Delete | SetValue

_FORMS: Mapping[str, frozenset[str]] = {
    "find": frozenset({"path", "find", "replace"}),
    "write": frozenset({"path", "write"}),
    "delete": frozenset({"path", "delete"}),
    "set": frozenset({"path", "set", "to", "document"}),
}

SAYS = (
    "a list of edits, each one of {path, find, replace}: text that stands once in the file; {path, set, to}: a YAML value by its path,"
    " like spec.template.spec.containers[name=api].image; {path, write}: a whole file; {path, delete: true}"
)
"""What a model is told of them."""


def edits_of(given: Any) -> tuple[Edit, ...]:
    """The edits that JSON gives. ValueError, in words for whoever wrote them, when one of them is none."""
    if not isinstance(given, list) or not given:
        raise ValueError("`changes` is not a list of edits, or holds none")
    listed = cast("list[Any]", given)
    if len(listed) > MOST_EDITS:
        raise ValueError(f"{len(listed)} edits are too many for one change; at most {MOST_EDITS}")
    edits = tuple(_edit(one, number) for number, one in enumerate(listed, start=1))
    if sum(_size(edit) for edit in edits) > MOST_TEXT:
        raise ValueError(f"the edits hold more than {MOST_TEXT} characters together")
    return edits


def _edit(given: Any, number: int) -> Edit:
    one = cast("Mapping[str, Any]", given if isinstance(given, Mapping) else {})
    form = next((name for name in _FORMS if name in one), None)
    if form is None:
        raise ValueError(f"edit {number} says none of `find`, `write`, `set` and `delete`")
    if unknown := sorted(set(one) - _FORMS[form]):
        raise ValueError(f"edit {number} has `{str(unknown[0])[:40]}`, which does not go with `{form}`")
    path = _path(one.get("path"), number)
    if form == "find":
        find, replace = _text(one, "find", number), _text(one, "replace", number)
        if not find:
            raise ValueError(f"edit {number} replaces nothing: `find` is empty")
        return Replace(path=path, find=find, with_=replace)
    if form == "write":
        return Write(path=path, text=_text(one, "write", number))
    if form == "delete":
        if one["delete"] is not True:
            raise ValueError(f"edit {number}: `delete` is true, or left out")
        return Delete(path=path)
    if "to" not in one:
        raise ValueError(f"edit {number} sets a value and does not say `to` which")
    return SetValue(path=path, at=place_of(one["set"]), to=_value(one["to"], number), document=_document(one.get("document"), number))


def _path(given: Any, number: int) -> str:
    """A path inside the repository, in its one spelling."""
    if not isinstance(given, str) or not PATH.fullmatch(given):
        raise ValueError(f"edit {number} names no file: `path` is a path inside the repository, like apps/api/deployment.yaml")
    parts = given.split("/")
    if given.startswith("/") or any(part in ("", ".", "..") or not _PART.fullmatch(part) for part in parts):
        raise ValueError(f"edit {number}: `{given[:80]}` is no path inside the repository; write it like apps/api/deployment.yaml")
    return given


def _text(one: Mapping[str, Any], key: str, number: int) -> str:
    given: object = one.get(key, "\0")
    if not isinstance(given, str) or "\0" in given or not _encodable(given):
        raise ValueError(f"edit {number}: `{key}` is no text that a file can hold")
    if MARK in given:
        raise ValueError(f"edit {number}: `{key}` holds {MARK}, which stands for a secret: a secret is neither written nor moved")
    return given


def _value(given: Any, number: int) -> Any:
    """A JSON value without what a YAML file must not be given by this way."""
    if isinstance(given, str):
        return _text({"to": given}, "to", number)
    if isinstance(given, Mapping):
        return {_text({"to": key}, "to", number): _value(value, number) for key, value in cast("Mapping[Any, Any]", given).items()}
    if isinstance(given, list):
        return [_value(value, number) for value in cast("list[Any]", given)]
    return given


def _document(given: Any, number: int) -> int | None:
    if given is None:
        return None
    if type(given) is not int or not 0 <= given < 1000:
        raise ValueError(f"edit {number}: `document` is a number from 0")
    return given


_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,6})\]|\[([A-Za-z_][\w.-]*=[^\[\]]+)\]")


def place_of(given: Any) -> tuple[str | int, ...]:
    """`spec.containers[0].image` or a list of its steps → the steps. ValueError for what is no place."""
    if isinstance(given, list):
        steps = cast("list[Any]", given)
        if steps and len(steps) <= 50 and all(type(step) in (str, int) and step != "" for step in steps):
            return tuple(steps)
        raise ValueError('`set` as a list holds keys and positions, like ["spec", "containers", 0]')
    if not isinstance(given, str) or not given:
        raise ValueError("`set` is the place of a value, like spec.replicas")
    made: list[str | int] = []
    at = 0
    while at < len(given):
        found = _STEP.match(given, at)
        if found is None or len(made) >= 50:
            raise ValueError(f"`{given[:80]}` is no place in a YAML file; write it like spec.containers[0].image, or as a list of keys")
        key, position, entry = found.groups()
        made.append(int(position) if position is not None else key or entry)
        at = found.end()
        if at < len(given) and given[at] == ".":
            at += 1
            if at == len(given):
                raise ValueError(f"`{given[:80]}` ends with a dot")
    return tuple(made)


def replaced(edit: Replace, text: str) -> str:
    """`text` after the edit. ValueError where what is to be replaced does not stand there exactly once."""
    times = text.count(edit.find)
    if times != 1:
        said = "does not stand there" if times == 0 else f"stands there {times} times"
        raise ValueError(f"{edit.path}: the text to replace {said}; copy it with enough lines around it to be the only one")
    return text.replace(edit.find, edit.with_, 1)


def paths_of(edits: Sequence[Edit]) -> tuple[str, ...]:
    """Each file that is edited, once, in order."""
    return tuple(dict.fromkeys(edit.path for edit in edits))


def _size(edit: Edit) -> int:
    if isinstance(edit, Replace):
        return len(edit.find) + len(edit.with_)
    if isinstance(edit, Write):
        return len(edit.text)
    return 0 if isinstance(edit, Delete) else len(str(edit.to))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
