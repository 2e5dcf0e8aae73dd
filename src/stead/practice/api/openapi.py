"""The OpenAPI documents, as far as kubectl needs them before it writes.

Promise: enough for `kubectl apply` to see that fields are validated by the server, in version 3 (kubectl 1.27 and later)
and version 2 (older ones, as protobuf). Version 3 has the schemas of all kinds, for `kubectl explain`; version 2 has none.
"""

from __future__ import annotations

from stead.practice.api import openapi_schemas
from stead.practice.api.resources import Registry, Resource
from stead.practice.objects import Obj
from stead.practice.world import World

_VALIDATION = {"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": True}}


def index(registry: Registry) -> Obj:
    found = {
        f"apis/{group}/{version}" if group else f"api/{version}" for group in registry.groups() for version in registry.versions(group)
    }
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}?hash=practice"} for path in sorted(found)}}


def version_3(world: World, group: str, version: str) -> Obj:
    served = world.registry.within(group, version)
    paths = {_path(resource): {"get": _get(resource), "patch": _patch(resource)} for resource in served}
    info = {"title": "Kubernetes", "version": "v1.36.2"}
    found = openapi_schemas.schemas(world, served)
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": found}}


def _path(resource: Resource) -> str:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    space = "/namespaces/{namespace}" if resource.namespaced else ""
    return f"{root}{space}/{resource.plural}/{{name}}"


def _get(resource: Resource) -> Obj:
    content = {"application/json": {"schema": openapi_schemas.reference(resource)}}
    return {
        "operationId": f"read{resource.kind}",
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-action": "get",
        "x-kubernetes-group-version-kind": _kind(resource),
    }


def _kind(resource: Resource) -> Obj:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _patch(resource: Resource) -> Obj:
    return {
        "operationId": f"patch{resource.kind}",
        "parameters": [_VALIDATION],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": _kind(resource),
    }


def version_2_protobuf(registry: Registry) -> bytes:
    """`openapi.v2.Document` by hand: of each resource the patch, and that it takes `dryRun`, which kubectl before 1.27 looks for.

    Field numbers: github.com/google/gnostic-models, openapiv2/OpenAPIv2.proto.
    """
    info = _field(1, b"Kubernetes") + _field(2, b"v1.36.2")
    paths = b"".join(_field(2, _named(_path(resource), _field(8, _patch_protobuf(resource)))) for resource in registry.all())
    return _field(1, b"2.0") + _field(2, info) + _field(8, paths)


def _patch_protobuf(resource: Resource) -> bytes:
    kind = f"group: {resource.group!r}\nkind: {resource.kind}\nversion: {resource.version}\n"
    dry_run = _field(2, b"query") + _field(4, b"dryRun")
    # ParametersItem.parameter → Parameter.non_body_parameter → NonBodyParameter.query_parameter_sub_schema
    parameter = _field(1, _field(2, _field(3, dry_run)))
    return _field(8, parameter) + _field(13, _named("x-kubernetes-group-version-kind", _field(2, kind.encode())))


def _named(name: str, value: bytes) -> bytes:
    return _field(1, name.encode()) + _field(2, value)


def version_2() -> Obj:
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.2"}, "paths": {}, "definitions": {}}


def _field(number: int, value: bytes) -> bytes:
    """A length-delimited field (https://protobuf.dev/programming-guides/encoding/)."""
    length, size = bytearray(), len(value)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + value
