"""The words that scenarios are written in: objects, paths into them, and steps of a proof.

`Deployment payments/api` names an object, `Node node-3` one without a namespace; `*` and `?` in the name stand for more than one.
`status.conditions[type=Ready].status` is a path into it, `data[database-url]` and `metadata.annotations[example.com/team]` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from stead.practice.objects import Obj, field


class Section(BaseModel):
    """A part of a scenario: unknown keys are refused, values do not change."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Ref:
    """One object, or those that a pattern stands for. `kind` may carry the group: `Certificate.cert-manager.io`."""

    kind: str
    namespace: str
    name: str

    @property
    def bare_kind(self) -> str:
        return self.kind.partition(".")[0]

    @property
    def pattern(self) -> bool:
        return any(c in self.namespace + self.name for c in "*?[")

    def covers(self, kind: str, namespace: str, name: str) -> bool:
        """Whether this is the name of that object (`kind` without its group)."""
        if self.kind != "*" and self.bare_kind.lower() != kind.lower():
            return False
        return fnmatchcase(namespace, self.namespace or "*" if self.kind == "*" else self.namespace) and fnmatchcase(name, self.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


_REF = re.compile(r"([A-Za-z][A-Za-z0-9.-]*) (?:([a-z0-9*?-]+)/)?([A-Za-z0-9.:*?\[\]-]+)")


def parse_ref(given: object) -> Ref:
    """`Deployment payments/api`. ValueError for anything else."""
    if isinstance(given, Ref):
        return given
    found = _REF.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError("does not name an object; write `Deployment payments/api`, or `Node node-3`")
    return Ref(found[1], found[2] or "", found[3])


_TEXT = WithJsonSchema({"type": "string"})
ObjectRef = Annotated[Ref, BeforeValidator(parse_ref), _TEXT]


def _refs(given: object) -> object:
    return tuple(parse_ref(one) for one in cast("list[object]", given if isinstance(given, list) else [given]))


ObjectRefs = Annotated[tuple[Ref, ...], BeforeValidator(_refs)]
"""One name, or a list of names each of which will do."""

Part = str | int | tuple[str, str]

_PART = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[([A-Za-z]+)=([^\]]*)\]|\[([^\]]+)\]")


def parse_path(text: str) -> tuple[Part, ...]:
    """The parts of a path: a key, a position, or (key, value) of the item that is wanted. ValueError for what is no path."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            raise ValueError("is not a path; write `status.readyReplicas`, `conditions[type=Ready]` or `data[some.key]`")
        key, index, selector, value, quoted = found.groups()
        parts.append(key or quoted or (int(index) if index else (selector, value)))
        at = found.end()
    return tuple(parts)


def at_path(tree: Any, parts: tuple[Part, ...]) -> Any:
    """What stands there; None where nothing does."""
    for part in parts:
        tree = _below(tree, part)
    return tree


def _below(tree: Any, part: Part) -> Any:
    if isinstance(tree, dict):
        return cast(Obj, tree).get(part) if isinstance(part, str) else None
    if not isinstance(tree, list):
        return None
    items = cast("list[Any]", tree)
    if isinstance(part, int):
        return items[part] if part < len(items) else None
    if isinstance(part, tuple):
        key, wanted = part
        return next((item for item in items if str(field(item, key)) == wanted), None)
    return None


Scalar = str | int | float | bool

_ASKS = ("equals", "differs", "at_least", "at_most", "contains")


class Predicate(Section):
    """Something that can be seen in the cluster. With a pattern it must hold for every object that matches, and one must."""

    object: ObjectRef
    path: str = ""
    equals: Scalar | None = None
    differs: Scalar | None = None
    at_least: float | None = None
    at_most: float | None = None
    contains: str | None = None
    exists: bool | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Predicate:
        asked = [name for name in (*_ASKS, "exists") if getattr(self, name) is not None]
        if len(asked) != 1:
            raise ValueError(f"asks {len(asked)} things of the object; give one of {', '.join(_ASKS)}, exists")
        if not self.path and asked != ["exists"]:
            raise ValueError(f"says `{asked[0]}` and not of what; give its `path`")
        parse_path(self.path)
        return self

    def holds(self, found: list[Obj]) -> bool:
        """Whether it does, for the objects that `object` stands for."""
        if self.exists is False and not self.path:
            return not found
        parts = parse_path(self.path)
        return bool(found) and all(self._fits(at_path(obj, parts)) for obj in found)

    def _fits(self, value: Any) -> bool:
        if self.exists is not None:
            return (value is not None) is self.exists
        if self.differs is not None:
            return value != self.differs
        if self.contains is not None:
            return self.contains in (value if isinstance(value, list) else str(value or ""))  # pyright: ignore[reportUnknownArgumentType]
        if self.equals is not None:
            return (0 if value is None and self.equals == 0 else value) == self.equals
        number = value if isinstance(value, (int, float)) else 0
        return number >= self.at_least if self.at_least is not None else number <= (self.at_most or 0)

    def __str__(self) -> str:
        asked = next(name for name in (*_ASKS, "exists") if getattr(self, name) is not None)
        of = f" {self.path}" if self.path else ""
        return f"{self.object}{of} {asked.replace('_', ' ')} {getattr(self, asked)}"


def namespaces_in(manifests: tuple[Obj, ...]) -> Iterator[str]:
    """The namespaces that these objects live in, in their order."""
    for manifest in manifests:
        name = manifest.get("metadata", {}).get("namespace", "")
        if name:
            yield name
