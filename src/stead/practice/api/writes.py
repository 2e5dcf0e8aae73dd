"""Every change of an object: create, replace, patch. (`deletion` has the deletes.)

Promise: whoever writes, over HTTP or from a controller, goes the same way: defaults, admission, validation, generation,
store. What is refused is refused whole, with ApiError. A dry run does everything but store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stead.practice.api import admission, crds, defaults, errors, initial, managed, shapes, validation
from stead.practice.api.resources import Resource
from stead.practice.objects import Key, Obj, clone, deleting, each, field, inside
from stead.practice.world import World


@dataclass(frozen=True, slots=True)
class By:
    """Who writes. An empty manager leaves no trace in managedFields: the cluster's own controllers, for speed."""

    manager: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """How a write is meant."""

    by: By = By()
    subresource: str = ""
    dry_run: bool = False
    operation: str = "Update"  # Apply for server-side apply


class Writes:
    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, resource: Resource, obj: Obj, namespace: str = "", how: Change = Change()) -> Obj:
        new = clone(obj)
        self._identify(resource, new, namespace)
        admission.namespace_lifecycle(self._world, resource, new)
        if "resourceVersion" in new["metadata"]:
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        self._name(resource, new)
        self._complete(resource, new)
        status = new.get("status")
        self._begin(resource, new, how)
        self._refuse_if(resource, new, None)
        if self._world.store.get(resource.key, new["metadata"].get("namespace", ""), new["metadata"]["name"]):
            raise errors.already_exists(resource, new["metadata"]["name"])
        admission.admit(self._world, resource, new)
        if resource.has_status or resource.key == "pods":
            initial.reset_status(resource.key, new, custom=resource.custom)
        elif status is not None:
            new["status"] = status
        return self._store(resource, new, None, how)

    def _identify(self, resource: Resource, obj: Obj, namespace: str) -> None:
        if obj.get("kind", resource.kind) != resource.kind:
            raise errors.bad_request(_wrong_kind(obj, resource))
        shapes.check(resource, obj)
        meta: Obj = inside(obj, "metadata")
        obj["metadata"] = meta
        given = obj.get("apiVersion", resource.api_version)
        if given != resource.api_version:
            why = f"the API version in the data ({given}) does not match the expected API version ({resource.api_version})"
            raise errors.bad_request(why)
        if not resource.namespaced:
            meta.pop("namespace", None)
        elif meta.setdefault("namespace", namespace) != namespace and namespace:
            raise errors.bad_request("the namespace of the provided object does not match the namespace sent on the request")
        obj["kind"], obj["apiVersion"] = resource.kind, resource.api_version

    def _name(self, resource: Resource, obj: Obj) -> None:
        meta = obj["metadata"]
        prefix = meta.get("generateName")
        while not meta.get("name") and prefix:
            name = self._world.names.generated(prefix, resource.key, meta.get("namespace", ""))
            if self._world.store.get(resource.key, meta.get("namespace", ""), name) is None:
                meta["name"] = name

    def _complete(self, resource: Resource, obj: Obj) -> None:
        if resource.custom:
            crds.complete(self._world, resource, obj)
        else:
            defaults.fill(resource.key, obj)

    def _begin(self, resource: Resource, obj: Obj, how: Change) -> None:
        meta = obj["metadata"]
        for name in ("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"):
            meta.pop(name, None)
        if how.operation != "Apply":
            meta.pop("managedFields", None)
        meta["uid"] = self._world.names.uid(resource.key, meta.get("namespace", ""), meta.get("name", ""))
        meta["creationTimestamp"] = self._world.timestamp
        if resource.generation:
            meta["generation"] = 1
        if resource.key == "namespaces":
            obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]

    def _refuse_if(self, resource: Resource, new: Obj, old: Obj | None) -> None:
        found = crds.problems(self._world, resource, new) if resource.custom else []
        if old is not None and deleting(old):
            found = [*found, *_new_finalizers(new, old)]
        found = [*found, *validation.problems(resource, new, old)]
        if found:
            raise errors.invalid(resource, new["metadata"].get("name", ""), found)

    def _store(self, resource: Resource, new: Obj, old: Obj | None, how: Change) -> Obj:
        if how.by.manager and resource.key != "events":
            managed.record(new, old, how.by.manager, how.operation, self._world.timestamp, how.subresource)
        new["metadata"] = initial.ordered(new["metadata"])
        if how.dry_run:
            return new
        stored = self._world.store.put(resource.key, _in_order(new))
        if old is None and resource.key == "namespaces":
            self._furnish(stored["metadata"]["name"])
        return stored

    def _furnish(self, namespace: str) -> None:
        """The account and the certificate that pods need, at once: a real cluster's controllers take a moment for it."""
        for kind, name, extra in (
            ("ServiceAccount", "default", {}),
            ("ConfigMap", "kube-root-ca.crt", {"data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}}),
        ):
            resource = self._world.registry.named(kind)
            if self._world.store.get(resource.key, namespace, name) is None:
                self.create(resource, {"metadata": {"name": name}, **extra}, namespace)

    def replace(self, resource: Resource, key: Key, new: Obj, how: Change = Change()) -> Obj:
        _same_name(new, key)
        return self.change(resource, key, lambda _: clone(new), how)

    def change(self, resource: Resource, key: Key, change: Callable[[Obj], Obj], how: Change = Change()) -> Obj:
        """Put what `change` makes of the stored object in its place. The function gets the shared object: it must copy."""
        old = self._world.store.get(resource.key, *key)
        if old is None:
            raise errors.not_found(resource, key[1])
        new = change(old)
        self._identify(resource, new, key[0])
        _same_name(new, key)
        new["metadata"].setdefault("name", key[1])
        _match(resource, new, old)
        new = _only_part(new, old, how.subresource) if how.subresource else _whole(resource, new, old)
        if not how.subresource:
            self._complete(resource, new)
            _count_generation(resource, new, old)
        self._refuse_if(resource, new, old)
        stored = self._store(resource, new, old, how)
        self._finish_if_deleted(resource, stored, how)
        return stored

    def _finish_if_deleted(self, resource: Resource, obj: Obj, how: Change) -> None:
        """The last finalizer of a deleted object was taken: now it goes."""
        meta = obj["metadata"]
        waiting = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")
        if deleting(obj) and not waiting and resource.key != "namespaces" and not how.dry_run:
            self._world.store.remove(resource.key, (meta.get("namespace", ""), meta["name"]))


def _same_name(obj: Obj, key: Key) -> None:
    name = field(field(obj, "metadata"), "name") or key[1]  # nobody has looked at its shape yet
    if name != key[1]:
        raise errors.bad_request(f"the name of the object ({name}) does not match the name on the URL ({key[1]})")


def _wrong_kind(obj: Obj, resource: Resource) -> str:
    kind, version = obj["kind"], str(obj.get("apiVersion", "")).rpartition("/")[2]
    group = resource.group.partition(".")[0] or "core"
    return (
        f'{kind} in version "{version}" cannot be handled as a {resource.kind}: '
        f"converting (v1.{kind}) to ({group}.{resource.kind}): unknown conversion"
    )


def _match(resource: Resource, new: Obj, old: Obj) -> None:
    """The optimistic lock: a resource version that was given must be the stored one, and so must a uid."""
    given, name = new["metadata"].get("resourceVersion"), old["metadata"]["name"]
    if given and given != old["metadata"]["resourceVersion"]:
        raise errors.modified(resource, name)
    uid, stored = new["metadata"].get("uid"), old["metadata"]["uid"]
    if uid and uid != stored:
        raise errors.conflict(resource, name, f"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored}")


_SERVERS_OWN = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "generateName")


def _whole(resource: Resource, new: Obj, old: Obj) -> Obj:
    """A write to the object itself leaves its status, and what the server owns of its metadata, as they were."""
    meta = dict(new["metadata"])
    for name in _SERVERS_OWN:
        meta.pop(name, None)
        if name in old["metadata"]:
            meta[name] = old["metadata"][name]
    meta["resourceVersion"] = old["metadata"]["resourceVersion"]
    if "managedFields" not in meta and "managedFields" in old["metadata"]:
        meta["managedFields"] = old["metadata"]["managedFields"]
    whole = {**new, "metadata": meta}
    if resource.has_status:
        whole.pop("status", None)
        if "status" in old:
            whole["status"] = old["status"]
    if resource.key == "services":
        for name in ("clusterIP", "clusterIPs"):
            if name in old["spec"] and not whole["spec"].get(name):
                whole["spec"] = {**whole["spec"], name: old["spec"][name]}
    return whole


def _only_part(new: Obj, old: Obj, subresource: str) -> Obj:
    part = clone(old)
    if subresource == "status":
        part["status"] = clone(inside(new, "status"))
    if subresource == "finalize":
        part["spec"] = clone(inside(new, "spec"))
    return part


def _count_generation(resource: Resource, new: Obj, old: Obj) -> None:
    if not resource.generation:
        return
    skipped = ("metadata", "status")
    if {n: v for n, v in new.items() if n not in skipped} != {n: v for n, v in old.items() if n not in skipped}:
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def _new_finalizers(new: Obj, old: Obj) -> list[errors.Cause]:
    had = each(old["metadata"], "finalizers")
    added = [name for name in each(new["metadata"], "finalizers") if name not in had]
    if not added:
        return []
    quoted = ", ".join(f'"{name}"' for name in added)
    why = "no new finalizers can be added if the object is being deleted, found new finalizers []string"
    return [errors.Cause("FieldValueForbidden", f"Forbidden: {why}{{{quoted}}}", "metadata.finalizers")]


def _in_order(obj: Obj) -> Obj:
    """Kind, version, metadata, content, status, as a server writes them."""
    rest = {n: v for n, v in obj.items() if n not in ("kind", "apiVersion", "metadata", "status")}
    head: Obj = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "metadata": obj["metadata"], **rest}
    return {**head, "status": obj["status"]} if "status" in obj else head
