"""One matcher for whatever names values in configuration: policy rules today, routes and mutes by the same means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Patterns:
    """Shell-style patterns, any of which may match (`payments`, `team-*`). An empty list matches nothing."""

    any_of: tuple[str, ...]

    @classmethod
    def of(cls, given: str | Sequence[str]) -> Patterns:
        return cls((given,) if isinstance(given, str) else tuple(given))

    def match(self, value: str) -> bool:
        return any(fnmatchcase(value, pattern) for pattern in self.any_of)


def labels_match(wanted: Mapping[str, Patterns], labels: Mapping[str, str]) -> bool:
    """Whether every wanted label is there with a value that matches."""
    return all(name in labels and patterns.match(labels[name]) for name, patterns in wanted.items())
