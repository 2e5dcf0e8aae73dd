"""A column of a Table, and how a kind fills its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.objects import Obj, each, labels_of, name_of
from stead.practice.selectors import from_object

_NAME_HELP = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client "
    "to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and "
    "configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_AGE_HELP = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be "
    "set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 "
    "form and is in UTC."
)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str = "string"
    wide: bool = False
    help: str = ""

    def definition(self) -> Obj:
        about = self.help or {"Name": _NAME_HELP, "Age": _AGE_HELP}.get(self.name, self.name)
        form = "name" if self.name == "Name" else ""
        priority = 1 if self.wide else 0
        return {"name": self.name, "type": self.kind, "format": form, "description": about, "priority": priority}


NAME = Column("Name")
AGE = Column("Age")

Cells = Callable[[Obj, datetime], list[Any]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns in order, and a function for the cells that are neither Name nor Age."""

    columns: tuple[Column, ...]
    cells: Cells

    def line(self, obj: Obj, now: datetime) -> list[Any]:
        others = iter(self.cells(obj, now))
        line: list[Any] = []
        for column in self.columns:
            if column.name == "Name":
                line.append(name_of(obj))
            elif column.name == "Age":
                line.append(timestamps.since(obj["metadata"].get("creationTimestamp"), now))
            else:
                line.append(next(others))
        return line


def columns(*names: str, wide: tuple[str, ...] = (), integers: tuple[str, ...] = ()) -> tuple[Column, ...]:
    plain = tuple(Column(name, "integer" if name in integers else "string") for name in names)
    return (*plain, *(Column(name, wide=True) for name in wide))


def selector_text(selector: Obj | None) -> str:
    parsed = from_object(selector)
    return "<none>" if parsed is None or not parsed.requirements else str(parsed)


def equality_text(labels: Obj | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def images(spec: Obj) -> list[str]:
    containers = each(spec["template"]["spec"], "containers")
    return [",".join(c["name"] for c in containers), ",".join(c["image"] for c in containers)]


def or_none(value: Any) -> Any:
    return "<none>" if value in (None, "", [], {}) else value


__all__ = ["AGE", "NAME", "Column", "Rows", "columns", "equality_text", "images", "labels_of", "or_none", "selector_text"]
