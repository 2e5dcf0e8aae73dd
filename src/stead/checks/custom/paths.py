"""Reads a field of any object by its path, and tells whether it is as a rule expects.

A path is what kubectl's jsonpath writes without braces: `status.listeners[].conditions`, also for the values of a map; after
`metadata.labels.` or `metadata.annotations.` the rest is one key. Whatever stands there, of whatever type, reading it never fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

_WHOLE = ("metadata.labels.", "metadata.annotations.")

Expected = Any
"""A value, a list of values of which one is enough, or a mapping of tests: `not`, `exists` (and is not empty), `present`, `below`,
`above` (a number, or the path of one)."""


@lru_cache(4096)
def steps(path: str) -> tuple[str, ...]:
    """The keys that a path leads through."""
    for whole in _WHOLE:
        if path.startswith(whole):
            return (*whole[:-1].split("."), path[len(whole) :])
    return tuple(path.split("."))


def values(data: Any, path: str) -> Iterator[Any]:
    """Everything at `path`; `[]` goes into each item of a list or a map. Nothing where there is nothing."""
    if "[]" in path:
        yield from _each(data, steps(path))
    elif (found := value(data, path)) is not None:
        yield found


def value(data: Any, path: str) -> Any:
    """The first value at `path`; None where there is none."""
    if "[]" in path:
        return next(_each(data, steps(path)), None)
    for step in steps(path):
        if not isinstance(data, dict):
            return None
        data = cast("dict[str, Any]", data).get(step)
    return data


def text(data: Any, path: str) -> str:
    """The text or number at `path` as text; "" for anything else."""
    found = value(data, path)
    return _plain(found) if isinstance(found, (str, int, float)) else ""


def number(data: Any, path: str) -> float | None:
    found = value(data, path)
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def holds(data: Any, when: Mapping[str, Expected]) -> bool:
    """Whether every path of `when` is as expected."""
    return all(_is(data, path, expected) for path, expected in when.items())


def _is(data: Any, path: str, expected: Expected) -> bool:
    if isinstance(expected, dict):
        return all(_test(data, path, name, wanted) for name, wanted in cast("dict[str, Any]", expected).items())
    wanted = {_plain(one) for one in (cast("list[Any]", expected) if isinstance(expected, list) else [expected])}
    return any(_plain(found) in wanted for found in values(data, path))


def _test(data: Any, path: str, name: str, wanted: Any) -> bool:
    match name:
        case "not":
            return not _is(data, path, wanted)
        case "exists":
            return any(found not in (None, "", [], {}) for found in values(data, path)) is bool(wanted)
        case "present":
            return any(True for _ in values(data, path)) is bool(wanted)
        case "below" | "above":
            found, limit = number(data, path), float(wanted) if isinstance(wanted, (int, float)) else number(data, str(wanted))
            return found is not None and limit is not None and (found < limit if name == "below" else found > limit)
        case _:
            return False


def _each(data: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        if data is not None:
            yield data
        return
    step, rest = path[0], path[1:]
    found = cast("dict[str, Any]", data).get(step.removesuffix("[]")) if isinstance(data, dict) else None
    if not step.endswith("[]"):
        yield from _each(found, rest)
    else:
        for _, item in parts(found):
            yield from _each(item, rest)


def parts(found: Any) -> Iterator[tuple[str, Any]]:
    """The items of a list, or those of a map with their keys: disks by name. Nothing for anything else."""
    if isinstance(found, list):
        yield from (("", item) for item in cast("list[Any]", found))
    elif isinstance(found, dict):
        yield from cast("dict[str, Any]", found).items()


def _plain(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)
