"""Fields that an object cannot do without: what the models mark as required, where no rule of its own has said so before.

Promise: whoever reads a stored object may rely on its required texts and parts. Numbers, switches and lists that are absent
are zero, false and empty, as Go reads them. A status is its writer's affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stead.practice.api import models
from stead.practice.api.causes import required
from stead.practice.api.errors import Cause
from stead.practice.api.models import Field, Model
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj

_NEEDED = ("text", "model", "int-or-text", "amount", "time")


def missing(resource: Resource, obj: Obj) -> Iterator[Cause]:
    """A cause for each; `obj` has the right shapes already."""
    model = models.of(resource)
    if model is None:
        return
    for name, field in model.fields.items():
        if name not in ("metadata", "status"):
            yield from _of_field(obj, field, name)


def _of_field(tree: Obj, field: Field, at: str) -> Iterator[Cause]:
    value: Any = tree.get(field.name)
    if value is None:
        if field.required and not field.many and field.form in _NEEDED:
            yield required(at)
    elif field.model is not None and field.many:
        for index, item in enumerate(value):
            yield from _of_model(item, field.model, f"{at}[{index}]")
    elif field.model is not None:
        yield from _of_model(value, field.model, at)


def _of_model(tree: Obj, model: Model, at: str) -> Iterator[Cause]:
    for name, field in model.fields.items():
        yield from _of_field(tree, field, f"{at}.{name}")
