"""Columns that a CustomResourceDefinition names, by the part of JSONPath that definitions use.

Source: `k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.api.tables.column import AGE, NAME, Column, Rows
from stead.practice.objects import Obj, at_path, field

_STEP = re.compile(r"""\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]|\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]""")


def rows(definitions: Sequence[Obj]) -> Rows:
    if not definitions:
        return Rows((NAME, AGE), lambda _obj, _now: [])
    shown = tuple(
        Column(
            item["name"],
            item.get("type", "string"),
            wide=item.get("priority", 0) > 0,
            help=item.get("description") or f"Custom resource definition column (in JSONPath format): {item.get('jsonPath', '')}",
        )
        for item in definitions
    )
    others = [item for item in definitions if item["name"] not in ("Age", "Name")]
    return Rows((NAME, *shown), lambda obj, now: [_cell(obj, item, now) for item in others])


def _cell(obj: Obj, item: Obj, now: datetime) -> Any:
    value = find(obj, item.get("jsonPath", ""))
    if value is None:
        return None
    if item.get("type") == "date":
        return timestamps.since(str(value), now)
    if item.get("type") == "integer" and isinstance(value, int):
        return value
    return value if isinstance(value, bool) and item.get("type") == "boolean" else str(value)


def find(tree: Any, path: str) -> Any:
    """The first value at a JSONPath of fields, indices and `[?(@.type=="Ready")]`; None when there is none."""
    for name, quoted, index, where, wanted in _STEP.findall(path):
        if where:
            tree = next((item for item in _items(tree) if at_path(item, where) == wanted), None)
        elif index:
            tree = next(iter(_items(tree)[int(index) :]), None)
        else:
            tree = field(tree, name or quoted)
    return tree


def _items(tree: Any) -> list[Any]:
    return tree if isinstance(tree, list) else []  # pyright: ignore[reportUnknownVariableType]
