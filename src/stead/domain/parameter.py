"""A value that an action is given: what it is, and which values make sense. Anybody may have written it, a model included."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`says` what it is, in a few words · `type` of the JSON value · a number lies between `least` and `most`, a text is one of `one_of`
    or matches `pattern` whole · `fits` raises ValueError, in words, for a value that makes no sense · one that is not `required` may be
    left out · one that is Stead's `own` is filled in by the verb itself, and by nobody else."""

    says: str
    type: type[int] | type[str] | type[bool] | type[list[Any]] = str
    least: int | None = None
    most: int | None = None
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    required: bool = True
    fits: Callable[[Any], object] | None = None
    own: bool = False

    def __str__(self) -> str:
        return self.says + (f" ({', '.join(self.one_of)})" if self.one_of else "") + ("" if self.required else ", may be left out")

    def wrong(self, value: Any) -> str:
        """What is wrong with this value, "" when nothing is."""
        if type(value) is not self.type:  # True is an int to isinstance
            return f"must be {_WORDS[self.type]}"
        try:
            if self.fits is not None:
                self.fits(value)
        except ValueError as error:
            return str(error)
        return self._out_of_bounds(value)

    def _out_of_bounds(self, value: Any) -> str:
        if self.least is not None and value < self.least:
            return f"must be at least {self.least}"
        if self.most is not None and value > self.most:
            return f"must be at most {self.most}"
        if self.one_of and value not in self.one_of:
            return f"must be one of {', '.join(self.one_of)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return "is not written as it must be"
        return ""


_WORDS: Mapping[type, str] = {int: "a whole number", str: "a text", bool: "true or false", list: "a list"}


def wrong(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> str:
    """What is wrong with the values that are given, "" when nothing is: each that is known fits, none is unknown, none is missing."""
    for name in sorted(set(given) - set(parameters)):
        return f"there is no parameter `{name[:60]}`"
    for name, parameter in parameters.items():
        if name not in given:
            if parameter.required:
                return f"the parameter `{name}` is missing"
        elif why := parameter.wrong(given[name]):
            return f"`{name}` {why}"
    return ""
