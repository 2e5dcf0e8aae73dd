"""Values as JSON and back: what the parts of the practice cluster remember, whichever dataclasses it is made of.

Promise: a value that was written comes back equal, with its type, the order of its maps, and one object where there was one object.
Reading makes nothing but plain values and dataclasses of this package: a file from anywhere runs no code.
"""

from __future__ import annotations

import importlib
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

_PACKAGE = "stead.practice."
_MARK = "~"
"""A JSON object with one key of this first letter is no map, but says what it is."""


class Writer:
    """Turns values into JSON trees; remembers objects, so that one that is met again becomes a reference."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[int, object]] = {}

    def tree(self, value: Any) -> Any:
        """Raises TypeError for what is neither a plain value nor a dataclass of the practice cluster."""
        if value is None or type(value) in (str, int, float, bool):
            return value
        if type(value) is list:
            return self._each(value)
        if type(value) is dict:
            return self._map(value)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(value, Enum):
            return {"~enum": [_address(type(value)), value.value]}
        if is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith(_PACKAGE):
            return self._object(value)
        return self._other(value)

    def _each(self, values: Any) -> list[Any]:
        return [self.tree(item) for item in values]

    def _map(self, value: Mapping[Any, Any]) -> Any:
        if all(type(key) is str and not key.startswith(_MARK) for key in value):
            return {key: self.tree(item) for key, item in value.items()}
        return {"~map": [[self.tree(key), self.tree(item)] for key, item in value.items()]}

    def _other(self, value: Any) -> Any:
        match value:
            case Counter():
                return {"~counter": [[self.tree(key), count] for key, count in value.items()]}  # pyright: ignore[reportUnknownVariableType]
            case datetime():
                return {"~time": value.isoformat()}
            case timedelta():
                return {"~span": [value.days, value.seconds, value.microseconds]}
            case set() | frozenset():
                # Their order depends on the process; a snapshot of the same cluster is the same text.
                return {f"~{type(value).__name__}": self._each(sorted(value, key=repr))}  # pyright: ignore[reportUnknownArgumentType]
            case tuple() | deque():
                return {f"~{type(value).__name__}": self._each(value)}  # pyright: ignore[reportUnknownArgumentType]
            case _:
                raise TypeError(f"a {type(value).__module__}.{type(value).__qualname__} cannot be kept in a snapshot")

    def _object(self, value: Any) -> Any:
        if id(value) in self._met:
            return {"~again": self._met[id(value)][0]}
        number = len(self._met)
        self._met[id(value)] = (number, value)  # kept alive, so that no other object gets its id
        return {"~object": [_address(value.__class__), number, {item.name: self.tree(getattr(value, item.name)) for item in fields(value)}]}


class Reader:
    """The way back. Raises ValueError for a tree that `Writer` did not make, or made of other classes."""

    def __init__(self) -> None:
        self._made: dict[int, object] = {}
        self._forms: dict[str, Callable[[Any], Any]] = {
            "~map": lambda given: {self.value(key): self.value(item) for key, item in given},
            "~counter": lambda given: Counter({self.value(key): count for key, count in given}),
            "~time": datetime.fromisoformat,
            "~span": lambda given: timedelta(*given),
            "~tuple": lambda given: tuple(map(self.value, given)),
            "~set": lambda given: set(map(self.value, given)),
            "~frozenset": lambda given: frozenset(map(self.value, given)),
            "~deque": lambda given: deque(map(self.value, given)),
            "~enum": lambda given: _class(given[0], Enum)(given[1]),
            "~again": lambda given: self._made[given],
            "~object": lambda given: self._object(*given),
        }

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self.value(item) for item in tree]  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(tree, dict):
            return tree
        name = next(iter(tree), "")  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if not isinstance(name, str) or not name.startswith(_MARK):
            return {key: self.value(item) for key, item in tree.items()}  # pyright: ignore[reportUnknownVariableType]
        try:
            return self._forms[name](tree[name])
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"{name} cannot be read: {error}") from None

    def _object(self, address: str, number: int, given: dict[str, Any]) -> object:
        made = object.__new__(kind := _class(address, object))
        if not is_dataclass(kind) or {item.name for item in fields(kind)} != given.keys():
            raise ValueError(f"{address} is made otherwise now")
        self._made[number] = made  # before its fields: they may refer to it
        for name, tree in given.items():
            object.__setattr__(made, name, self.value(tree))
        return made


def _address(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(address: str, base: type) -> Any:
    module, _, name = address.partition(":")
    try:
        kind = getattr(importlib.import_module(module), name, None) if module.startswith(_PACKAGE) else None
    except ImportError:
        kind = None
    if not isinstance(kind, type) or not issubclass(kind, base):
        raise ValueError(f"there is no {address}")  # noqa: TRY004  (what was read is wrong, not how this was called)
    return kind
