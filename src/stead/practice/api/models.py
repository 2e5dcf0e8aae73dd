"""The fields of the built-in kinds, with their types and what is said of them: read from the models that lightkube ships.

Promise: asked for a kind, all of its fields are known, at every depth. Nothing is imported before the first question.
Source: the `lightkube.models` package, which is generated from Kubernetes' own OpenAPI document.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from stead.practice.api.resources import Resource

_PACKAGE = "lightkube.models."
_GROUPS = {"": "core", "rbac.authorization.k8s.io": "rbac", "events.k8s.io": "events"}
_HOMES = {
    "meta": "io.k8s.apimachinery.pkg.apis.meta",
    "apiextensions": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
}
"""Where a group's types live in the OpenAPI document, unless it is `io.k8s.api.GROUP`."""
_PLAIN = {
    "str": "text", "int": "int", "bool": "bool", "float": "number", "dict": "map", "meta_v1.Time": "time", "meta_v1.MicroTime": "time",
    "Time": "time", "MicroTime": "time", "resource.Quantity": "amount", "util_intstr.IntOrString": "int-or-text",
}  # fmt: skip
_AMOUNTS = frozenset({
    "limits", "requests", "hard", "used", "capacity", "allocatable", "overhead", "podFixed", "allocatedResources", "default",
    "defaultRequest", "max", "min", "maxLimitRequestRatio",
})  # fmt: skip
"""Maps whose values are quantities: the models say of a map only that it is one."""
_ANYTHING = frozenset({"properties", "patternProperties", "definitions", "dependencies", "extra", "attributes", "consumedCapacity"})
_SAID = re.compile(r"^      \* \*\*(\S+)\*\* ``[^`]*`` - ((?:.|\n(?!      \* ))*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its form is a word of `_PLAIN`, `any`, or `model` for a type of its own."""

    name: str
    form: str
    model: Model | None = None
    many: bool = False
    required: bool = False
    values: str = ""
    """Of a map: the form of its values."""


class Model:
    """One type of the API."""

    def __init__(self, struct: type) -> None:
        self._struct = struct

    @property
    def name(self) -> str:
        """As the OpenAPI document calls it: `io.k8s.api.core.v1.Pod`."""
        group, _, version = self.module.rpartition("_")
        return f"{_HOMES.get(group, f'io.k8s.api.{group}')}.{version}.{self._struct.__name__}"

    @property
    def module(self) -> str:
        """The module of `lightkube.models` that it is from: `core_v1`."""
        return self._struct.__module__.removeprefix(_PACKAGE)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """By their names in JSON."""
        struct: Any = self._struct
        return {
            name: self._field(name, struct.__annotations__[own])
            for own, name in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
        }

    @cached_property
    def said(self) -> str:
        """What the type is."""
        return _flat((self._struct.__doc__ or "").partition("**parameters**")[0])

    @cached_property
    def said_of(self) -> Mapping[str, str]:
        """What each field is, by the name that the models use."""
        return {name: _flat(text) for name, text in _SAID.findall(self._struct.__doc__ or "")}

    def _field(self, name: str, written: str) -> Field:
        inner = written.removeprefix("Optional[").removesuffix("]") if written.startswith("Optional[") else written
        required = inner == written
        many = inner.startswith("List[")
        kind = inner.removeprefix("List[").removesuffix("]") if many else inner
        if kind in _PLAIN:
            values = "amount" if name in _AMOUNTS else "any" if name in _ANYTHING else "text"
            return Field(name, _PLAIN[kind], None, many, required, values)
        model = _named(self.module, kind)
        return Field(name, "model" if model else "any", model, many, required)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _named(module: str, kind: str) -> Model | None:
    home, _, name = kind.rpartition(".")
    return _model(home or module, name)


@lru_cache(maxsize=2048)
def _model(module: str, name: str) -> Model | None:
    try:
        found = getattr(importlib.import_module(_PACKAGE + module), name, None)
    except ImportError:
        return None
    return Model(found) if isinstance(found, type) and hasattr(found, "__struct_fields__") else None


@lru_cache(maxsize=256)
def of(resource: Resource) -> Model | None:
    """The model of a built-in kind; None for custom resources and for those of other servers (`metrics.k8s.io`)."""
    return None if resource.custom else named(resource.api_version, resource.kind)


def named(api_version: str, kind: str) -> Model | None:
    """The model of a kind, as a body names it; the options of requests are of no group of their own."""
    group, _, version = api_version.rpartition("/")
    module = f"{_GROUPS.get(group, group.partition('.')[0])}_{version}"
    return _model("meta_v1", kind) if kind.endswith("Options") else _model(module, kind)


def metadata() -> Model:
    """That of every object."""
    found = _model("meta_v1", "ObjectMeta")
    if found is None:
        raise LookupError("the models of lightkube lack meta_v1.ObjectMeta")
    return found
