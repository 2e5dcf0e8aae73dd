"""The difference of two objects, field by field, as a person reads it. Pure; time is linear in the objects.

Lists whose items have names are compared by name, as the API server merges them (containers, ports, variables, volumes): an item that moved
has not changed. https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from stead.domain.change import FieldChange

MOST_FIELDS = 40
"""Fields of one change that are kept; the rest are not told."""
LONGEST = 200
"""Characters of one value."""
MAX_DEPTH = 40

Path = tuple[str, ...]
"""Keys from the top; an item of a list is `[name]` or `[3]`."""

_NAMES = ("name", "containerPort", "port", "mountPath", "devicePath", "key", "type", "host", "ip", "uid")
"""What identifies an item in the lists of the Kubernetes API, the first that every item has and no two share."""


def diff(old: Any, new: Any) -> tuple[FieldChange, ...]:
    """What changed from `old` to `new`, in the order of the paths; at most MOST_FIELDS."""
    found: list[FieldChange] = []
    for path, before, after in changed(old, new):
        found.append(FieldChange(path=written(path), old=_shown(before), new=_shown(after)))
        if len(found) == MOST_FIELDS:
            break
    return tuple(found)


def changed(old: Any, new: Any) -> Iterator[tuple[Path, Any, Any]]:
    """(path, before, after) of each leaf that differs; ABSENT where there is none."""
    return _walk((), old, new, MAX_DEPTH)


class _Absent:
    """No such field."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


def written(path: Path) -> str:
    """`("spec", "containers", "[app]", "image")` → `spec.containers[app].image`."""
    return "".join(part if part.startswith("[") else f".{part}" for part in path).removeprefix(".")


def _walk(path: Path, old: Any, new: Any, depth: int) -> Iterator[tuple[Path, Any, Any]]:
    if depth <= 0:
        if old != new:
            yield path, "…", "…"
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mappings(path, cast("Mapping[Any, Any]", old), cast("Mapping[Any, Any]", new), depth)
    elif isinstance(old, list) and isinstance(new, list):
        one, other = cast("list[Any]", old), cast("list[Any]", new)
        key = _identity([*one, *other])
        yield from _mappings(path, _named(one, key), _named(other, key), depth)
    elif _differ(old, new):
        yield path, old, new


def _differ(old: Any, new: Any) -> bool:
    """Whether they are two values; 1 and true, which Python calls equal, are."""
    return type(old) is not type(new) or bool(old != new)


def _mappings(path: Path, old: Mapping[Any, Any], new: Mapping[Any, Any], depth: int) -> Iterator[tuple[Path, Any, Any]]:
    for key in sorted({*old, *new}, key=str):
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if before is not after:
            yield from _walk((*path, str(key)), before, after, depth - 1)


def _identity(items: list[Any]) -> str:
    """The field that names the items; "" where they have none."""
    if not items or not all(isinstance(item, Mapping) for item in items):
        return ""
    return next((name for name in _NAMES if all(isinstance(item.get(name), str | int) for item in items)), "")


def _named(items: list[Any], key: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for place, item in enumerate(items):
        name = f"[{item[key]}]" if key else f"[{place}]"
        named[name if name not in named else f"[{place}:{item[key]}]"] = item
    return named


def _shown(value: Any) -> str | None:
    if value is ABSENT:
        return None
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, sort_keys=True, default=str)
        except (ValueError, RecursionError):
            text = "…"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
