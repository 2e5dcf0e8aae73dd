"""YAML that a person wrote → plain values, and the line on which each of them stands.

Promise: what comes in is bounded (size, depth, values), so a hostile file costs a sentence and not the memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from stead.domain.errors import UserError

MOST_BYTES = 1_000_000
MOST_DEPTH = 40
MOST_VALUES = 50_000

Path_ = tuple[str | int, ...]
"""Where a value stands: the keys and positions that lead to it."""


@dataclass(slots=True)
class Written:
    """`data` is what the file says, None for an empty one; `lines` the line (from 1) of every key and item."""

    name: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict[Path_, int])

    def line(self, path: Path_) -> int:
        """The line of `path`, or of the nearest thing around it that is written down."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read_yaml(path: Path) -> Written:
    """The file at `path`. UserError when it cannot be read, is too large, or is not YAML."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="check the path and who may read it"
        ) from error
    if len(raw) > MOST_BYTES:
        raise UserError(f"{path} is larger than {MOST_BYTES // 1000} kB, which no configuration is", hint="is it the right file?")
    try:
        return parse_yaml(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from error


def parse_yaml(text: str, name: str) -> Written:
    """`text` of the file called `name`. UserError with the line of the first mistake."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    except MarkedYAMLError as error:
        said = cast(Any, error)
        mark = said.problem_mark or said.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = " ".join(str(said.problem or said.context or "cannot be understood").split())
        raise UserError(f"{where} is not YAML: {problem}", hint="often it is the indentation, a tab, or a missing quote") from error
    except (YAMLError, ValueError, RecursionError) as error:
        problem = "too deeply nested" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        raise UserError(f"{name} is not YAML: {problem}", hint="save it as plain UTF-8 text") from error
    written = Written(name)
    if root is not None:
        written.lines[()] = 1
        written.data = _Reader(written).value(root, ())
    return written


class _Reader:
    """Turns composed nodes into plain values. An alias is read as often as it is used, so `MOST_VALUES` also ends alias bombs."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.values = 0

    def value(self, node: Any, path: Path_) -> Any:
        self.values += 1
        if self.values > MOST_VALUES:
            raise self.wrong(path, f"more than {MOST_VALUES} values", "is it the right file?")
        if len(path) > MOST_DEPTH:
            raise self.wrong(path, f"nested deeper than {MOST_DEPTH} levels", "is it the right file?")
        self.written.lines.setdefault(path, node.start_mark.line + 1)
        if node.id == "mapping":
            return self.mapping(node, path)
        if node.id == "sequence":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, path)

    def mapping(self, node: Any, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                raise self.wrong(path, "a key that is not a word", "write `key: value`")
            key = str(key_node.value)
            if key in found:
                raise UserError(
                    f"{self.written.name}:{key_node.start_mark.line + 1} names `{key}` a second time", hint="keep one of the two"
                )
            self.written.lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, (*path, key))
        return found

    def scalar(self, node: Any, path: Path_) -> Any:
        tag, text = str(node.tag).rpartition(":")[2], str(node.value)
        if tag not in _SCALARS:
            return text
        try:
            value = _SCALARS[tag](text)
        except ValueError as error:
            raise self.wrong(path, f"`{text[:40]}`, which is not a number", "quote it if it is text") from error
        if isinstance(value, float) and not math.isfinite(value):
            raise self.wrong(path, f"`{text}`, which is no finite number", "write a number")
        return value

    def wrong(self, path: Path_, what: str, hint: str) -> UserError:
        return UserError(f"{self.written.name}:{self.written.line(path)} has {what}", hint=hint)


def _integer(text: str) -> int:
    """A YAML 1.2 integer: decimal, `0x1f` or `0o17` (https://yaml.org/spec/1.2.2/#1032-tag-resolution)."""
    return int(text, 0) if text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": float,
}
