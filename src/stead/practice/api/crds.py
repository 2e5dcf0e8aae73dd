"""CustomResourceDefinitions: from a definition to a served resource, and the schema of one.

Promise: as soon as a definition is stored its resources are served, and no longer when it is gone.
"""

from __future__ import annotations

from stead.practice.api import errors, schema
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each, inside
from stead.practice.store import Change
from stead.practice.world import World

DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


def serve_definitions(world: World) -> None:
    """Keep the registry in step with the stored definitions."""

    def on_change(change: Change) -> None:
        spec = change.obj["spec"]
        world.registry.drop(spec["group"], spec["names"]["plural"])
        if change.verb != "DELETED":
            for version in spec["versions"]:
                if version.get("served", True):
                    world.registry.add(_resource(spec, version))

    world.store.listen(DEFINITIONS, on_change)


def _resource(spec: Obj, version: Obj) -> Resource:
    names = spec["names"]
    return Resource(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec.get("scope", "Namespaced") == "Namespaced",
        short_names=tuple(each(names, "shortNames")),
        categories=tuple(each(names, "categories")),
        subresources=tuple(sorted(each(version, "subresources"))),
        verbs=_VERBS,
        generation=True,
        custom=True,
    )


def version_of(world: World, resource: Resource) -> Obj:
    """The part of the definition that is about the resource's version; {} when it is just gone."""
    definition = world.store.get(DEFINITIONS, "", f"{resource.plural}.{resource.group}")
    for version in inside(definition or {}, "spec").get("versions", ()):
        if version["name"] == resource.version:
            return version
    return {}


def _schema(world: World, resource: Resource) -> Obj:
    return inside(version_of(world, resource), "schema", "openAPIV3Schema")


def complete(world: World, resource: Resource, obj: Obj) -> None:
    completed = schema.complete(obj, _schema(world, resource))
    obj.clear()
    obj.update(completed)


def unknown_fields(world: World, resource: Resource, obj: Obj) -> list[str]:
    """The paths of the fields that the schema does not have, and that will be dropped."""
    return list(schema.pruned(obj, schema.complete(obj, _schema(world, resource))))


def problems(world: World, resource: Resource, obj: Obj) -> list[errors.Cause]:
    found = _schema(world, resource)
    content = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata")}
    return list(schema.check(content, found))
