"""The Go types behind the fields: a body of the wrong shape is refused before anybody reads it.

Promise: after `check` every field of a built-in kind has its type or is absent (null is dropped, as Go's decoder does),
every amount and time can be read. Of custom resources that holds for the metadata; their schema tells the rest.
The sentence is that of `encoding/json`: `cannot unmarshal string into Go struct field ConfigMap.data of type …`.
"""

from __future__ import annotations

from typing import Any

from stead.practice import quantity, timestamps
from stead.practice.api import errors, models
from stead.practice.api.models import Field, Model
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj


def check(resource: Resource, obj: Obj) -> None:
    """Refuse wrong shapes with 400; drop nulls, in place."""
    model = models.of(resource)
    wrong = _wrong_struct(obj, model, resource.kind) if model else _wrong_metadata(obj, resource)
    if wrong:
        why = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {wrong}'
        raise errors.bad_request(why)


def _wrong_metadata(obj: Obj, resource: Resource) -> str:
    meta = obj.get("metadata")
    if meta is None:
        obj.pop("metadata", None)
        return ""
    return _wrong_struct(meta, models.metadata(), f"{resource.kind}.metadata")


def _wrong_struct(value: Any, model: Model, at: str) -> str:
    if not isinstance(value, dict):
        return _refused(value, at, "struct")
    tree: Obj = value  # pyright: ignore[reportUnknownVariableType]
    fields = model.fields
    for name in list(tree):
        field, item = fields.get(name), tree[name]
        if field is None:
            continue
        if item is None:
            if field.form != "time":  # Go writes an empty time as null
                del tree[name]
        elif wrong := _wrong_field(item, field, f"{at}.{name}"):
            return wrong
    return ""


def _wrong_field(value: Any, field: Field, at: str) -> str:
    if not field.many:
        return _wrong(value, field, at)
    if not isinstance(value, list):
        return _refused(value, at, f"[]{_GO.get(field.form, 'struct')}")
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    return next((wrong for item in items if (wrong := _wrong(item, field, at))), "")


def _wrong(value: Any, field: Field, at: str) -> str:
    if field.model is not None:
        return _wrong_struct(value, field.model, at)
    if field.form == "map":
        return _wrong_map(value, field, at)
    return _wrong_scalar(value, field.form, at)


def _wrong_map(value: Any, field: Field, at: str) -> str:
    if not isinstance(value, dict):
        return _refused(value, at, f"map[string]{_GO.get(field.values, 'interface {}')}")
    tree: Obj = value  # pyright: ignore[reportUnknownVariableType]
    for name in [name for name in tree if tree[name] is None]:
        del tree[name]
    return next((wrong for name, item in tree.items() if (wrong := _wrong_scalar(item, field.values, f"{at}.{name}"))), "")


def _wrong_scalar(value: Any, form: str, at: str) -> str:
    match form:
        case "text" | "bool" | "number":
            return "" if _is(value, form) else _refused(value, at, _GO[form])
        case "int":
            whole = _is(value, "int") or (isinstance(value, float) and value.is_integer())
            return "" if whole else _refused(value, at, _GO[form])
        case "int-or-text":
            return "" if _is(value, "int") or isinstance(value, str) else _refused(value, at, _GO["text"])
        case "amount":
            return _wrong_amount(value, at)
        case "time":
            return _wrong_time(value, at)
        case _:
            return ""


def _wrong_amount(value: Any, at: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return _refused(value, at, _GO["amount"])
    try:
        quantity.parse(value)
    except (ValueError, OverflowError) as error:
        return str(error)
    return ""


def _wrong_time(value: Any, at: str) -> str:
    if not isinstance(value, str):
        return _refused(value, at, _GO["text"])
    try:
        known = timestamps.parse(value).tzinfo is not None
    except ValueError:
        known = False
    return "" if known else f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'


def _refused(value: Any, at: str, kind: str) -> str:
    return f"json: cannot unmarshal {_name(value)} into Go struct field {at} of type {kind}"


_GO = {"text": "string", "int": "int64", "bool": "bool", "number": "float64", "amount": "resource.Quantity"}
_PYTHON: dict[str, tuple[type, ...]] = {"text": (str,), "int": (int,), "bool": (bool,), "number": (int, float)}


def _is(value: Any, form: str) -> bool:
    return isinstance(value, _PYTHON[form]) and (form == "bool") is isinstance(value, bool)


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    kinds: tuple[tuple[type, str], ...] = ((str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
