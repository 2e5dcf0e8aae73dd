"""A corpus of commands: every row one shell line with its true class, written from the documentation of each tool.

A file holds groups; a group holds, for each class, lines: one a line of a block of text, or a list where a line has line breaks of its own.

- `read`: shows something, and neither changes anything nor shows what is secret.
- `write`: changes something: an object, a file, a process, a machine.
- `secret`: shows values that are secret, or that are kept where secrets are.
- `unknown`: cannot be told from the line (what it runs, how long it lasts, whom it asks), or must not be trusted to be what it seems.

Of several, the strictest holds: write, then secret, then unknown, then read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

CLASSES = ("read", "unknown", "secret", "write")


@dataclass(frozen=True, slots=True)
class Row:
    """`place` is the file and group that it stands in."""

    line: str
    class_: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}/{self.class_}: {self.line}"


def corpus(folder: Path) -> list[Row]:
    """Every row of every YAML file of a folder."""
    found: list[Row] = []
    for file in sorted(folder.glob("*.yaml")):
        groups = cast("Mapping[str, Any]", YAML(typ="safe").load(file))  # pyright: ignore[reportUnknownMemberType]
        found += rows(file.stem, groups)
    return found


def rows(name: str, groups: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    return [
        Row(line, class_, f"{name}/{group}")
        for group, classes in groups.items()
        for class_, written in classes.items()
        for line in lines(written)
    ]


def lines(written: str | list[str]) -> list[str]:
    """A deeper indented line of a block goes on with the line before it."""
    if not isinstance(written, str):
        return list(written)
    return [line.replace("\0", "\n") for line in written.removesuffix("\n").replace("\n  ", "\0  ").split("\n")]
