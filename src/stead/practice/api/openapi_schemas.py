"""The schemas of an OpenAPI v3 document: of built-in kinds from their models, of custom resources from their definitions.

Promise: every schema that another one refers to is in the same document, as on a real server.
"""

from __future__ import annotations

from stead.practice.api import crds, models
from stead.practice.api.models import Field, Model
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, inside
from stead.practice.world import World

_AMOUNT, _EITHER, _TIME = (
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
)
_SHARED: dict[str, Obj] = {
    _AMOUNT: {"description": "Quantity is a fixed-point representation of a number.", "oneOf": [{"type": "string"}, {"type": "number"}]},
    _EITHER: {
        "description": "IntOrString is a type that can hold an int32 or a string.",
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
    _TIME: {"description": "Time is written as RFC 3339 has it.", "type": "string", "format": "date-time"},
}
_PLAIN: dict[str, Obj] = {
    "text": {"type": "string"}, "int": {"type": "integer"}, "bool": {"type": "boolean"}, "number": {"type": "number"},
    "any": {"type": "object"}, "amount": {"$ref": f"#/components/schemas/{_AMOUNT}"},
    "int-or-text": {"$ref": f"#/components/schemas/{_EITHER}"}, "time": {"$ref": f"#/components/schemas/{_TIME}"},
}  # fmt: skip


def schemas(world: World, resources: list[Resource]) -> Obj:
    """By name, those of the resources and all that they are made of."""
    found: dict[str, Obj] = dict(_SHARED)
    for resource in resources:
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        model = models.of(resource)
        if model is not None:
            _add(found, model)
            found[model.name] = {**found[model.name], "x-kubernetes-group-version-kind": [kind]}
        else:
            schema = _custom(world, resource, found) if resource.custom else {"type": "object"}
            found[name_of_custom(resource)] = {**schema, "x-kubernetes-group-version-kind": [kind]}
    return found


def reference(resource: Resource) -> Obj:
    model = models.of(resource)
    return {"$ref": f"#/components/schemas/{model.name if model else name_of_custom(resource)}"}


def name_of_custom(resource: Resource) -> str:
    """With the group the other way round, as the real server calls them: `com.example.v1.Widget`."""
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


def _add(found: dict[str, Obj], model: Model) -> None:
    if model.name in found:
        return
    found[model.name] = {}  # before its parts: they may refer to it
    schema: Obj = {"description": model.said, "type": "object"}
    if required := [name for name, field in model.fields.items() if field.required]:
        schema["required"] = required
    schema["properties"] = {name: _property(found, model, field) for name, field in model.fields.items()}
    found[model.name] = schema


def _property(found: dict[str, Obj], model: Model, field: Field) -> Obj:
    inner = _type(found, field)
    about = {"description": model.said_of.get(field.name, "")}
    if field.many:
        return {**about, "type": "array", "items": inner}
    return {**about, "allOf": [inner]} if "$ref" in inner else {**about, **inner}


def _type(found: dict[str, Obj], field: Field) -> Obj:
    if field.model is not None:
        _add(found, field.model)
        return {"$ref": f"#/components/schemas/{field.model.name}"}
    if field.form == "map":
        return {"type": "object", "additionalProperties": _PLAIN[field.values]}
    return _PLAIN[field.form]


def _custom(world: World, resource: Resource, found: dict[str, Obj]) -> Obj:
    schema: Obj = inside(crds.version_of(world, resource), "schema", "openAPIV3Schema") or {"type": "object"}
    meta = models.metadata()
    _add(found, meta)
    own: Obj = {
        "apiVersion": {"type": "string", "description": "APIVersion defines the versioned schema of this representation of an object."},
        "kind": {"type": "string", "description": "Kind is a string value representing the REST resource this object represents."},
        "metadata": {"description": "Standard object's metadata.", "allOf": [{"$ref": f"#/components/schemas/{meta.name}"}]},
    }
    return {**schema, "properties": {**inside(schema, "properties"), **own}}
