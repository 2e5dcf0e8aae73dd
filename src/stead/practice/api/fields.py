"""Fields that a kind does not have: refused, warned of or dropped as `fieldValidation` says.

Source: KEP-2885. Every level is known: of built-in kinds by their models, of custom resources by their schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stead.practice.api import crds, errors, models
from stead.practice.api.models import Model
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj
from stead.practice.world import World


def check(world: World, resource: Resource, obj: Obj, query: Mapping[str, str]) -> dict[str, str]:
    """Drop what the kind does not have; the headers to send along. Raises 400 when it was asked to be strict."""
    unknown = crds.unknown_fields(world, resource, obj) if resource.custom else _take_out(resource, obj)
    mode = query.get("fieldValidation", "Warn")
    if not unknown or mode == "Ignore":
        return {}
    said = ", ".join(f'unknown field "{name}"' for name in unknown)
    if mode == "Strict":
        why = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: strict decoding error: {said}'
        raise errors.bad_request(why)
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return {"Warning": f'299 - "{escaped}"'} if escaped.isascii() and escaped.isprintable() else {}


def _take_out(resource: Resource, obj: Obj) -> list[str]:
    model = models.of(resource)
    return list(_unknown(obj, model, "")) if model else []


def _unknown(tree: Any, model: Model, at: str) -> Iterator[str]:
    """The paths of what is not in the model, which is taken out on the way. What has the wrong shape is left to `shapes`."""
    if not isinstance(tree, dict):
        return
    known: Obj = tree  # pyright: ignore[reportUnknownVariableType]
    for name in list(known):
        field = model.fields.get(name)
        path = f"{at}.{name}" if at else name
        if field is None:
            del known[name]
            yield path
        elif field.model is not None and field.many and isinstance(known[name], list):
            for index, item in enumerate(known[name]):
                yield from _unknown(item, field.model, f"{path}[{index}]")
        elif field.model is not None:
            yield from _unknown(known[name], field.model, path)
