"""Validation of custom resources against the structural schema of their definition: defaults, pruning, the common rules.

Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema`; the sentences are those of its OpenAPI validator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stead.practice.api.causes import invalid, required, unsupported
from stead.practice.api.errors import Cause
from stead.practice.objects import Obj, clone, each, inside

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def check(value: Any, schema: Obj, at: str = "") -> Iterator[Cause]:
    if value is None:
        return
    kind = schema.get("type", "")
    if kind and not schema.get("x-kubernetes-int-or-string") and not _is(value, kind):
        yield _wrong_type(at, value, kind)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield unsupported(at, value, [str(choice) for choice in schema["enum"]])
    if isinstance(value, dict):
        yield from _object(value, schema, at)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from check(item, inside(schema, "items"), f"{at}[{index}]")
    else:
        yield from _scalar(value, schema, at)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, (object,)))


def _wrong_type(at: str, value: Any, kind: str) -> Cause:
    found = next((name for name in ("boolean", *_TYPES) if _is(value, name)), "null")
    return Cause("FieldValueTypeInvalid", f'Invalid value: "{found}": {at} in body must be of type {kind}: "{found}"', at)


def _object(value: Obj, schema: Obj, at: str) -> Iterator[Cause]:
    prefix = f"{at}." if at else ""
    for name in each(schema, "required"):
        if name not in value:
            yield required(prefix + name)
    properties = inside(schema, "properties")
    extra = schema.get("additionalProperties")
    for name, item in value.items():
        inner = properties.get(name, extra)
        if isinstance(inner, dict):
            yield from check(item, inner, prefix + name)  # pyright: ignore[reportUnknownArgumentType]


def _scalar(value: Any, schema: Obj, at: str) -> Iterator[Cause]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        yield invalid(at, value, f"{at} in body should be greater than or equal to {low}")
    if high is not None and value > high:
        yield invalid(at, value, f"{at} in body should be less than or equal to {high}")
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield invalid(at, value, f"{at} in body should be at least {schema['minLength']} chars long")
        if (pattern := schema.get("pattern")) and not re.search(pattern, value):
            yield invalid(at, value, f"{at} in body should match '{pattern}'")


def pruned(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """The paths of the fields that `complete` left out of `given`."""
    if isinstance(given, list):
        for index, (item, rest) in enumerate(zip(given, kept, strict=True)):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            yield from pruned(item, rest, f"{path}[{index}]")
    elif isinstance(given, dict):
        for name, item in given.items():  # pyright: ignore[reportUnknownVariableType]
            at = f"{path}.{name}" if path else str(name)  # pyright: ignore[reportUnknownArgumentType]
            if name in kept:
                yield from pruned(item, kept[name], at)
            else:
                yield at


def complete(value: Any, schema: Obj, top: bool = True) -> Any:
    """A copy with defaults filled in and unknown fields pruned (unless the schema preserves them)."""
    if isinstance(value, list):
        return [complete(item, inside(schema, "items"), False) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, dict):
        return value
    tree: Obj = value  # pyright: ignore[reportUnknownVariableType]
    properties: Obj = inside(schema, "properties")
    extra = schema.get("additionalProperties")
    open_ended = bool(schema.get("x-kubernetes-preserve-unknown-fields")) or extra is True or not (properties or extra)
    done: Obj = {}
    for name, item in tree.items():
        if top and name in ("apiVersion", "kind", "metadata"):
            done[name] = item
        elif name in properties:
            done[name] = complete(item, properties[name], False)
        elif isinstance(extra, dict):
            done[name] = complete(item, extra, False)  # pyright: ignore[reportUnknownArgumentType]
        elif open_ended and (properties or schema):
            done[name] = item
    for name, inner in properties.items():
        if name not in done and "default" in inner:
            done[name] = clone(inner["default"])
    return done
