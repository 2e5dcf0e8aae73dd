"""The garbage collector: what has no owner left goes; an owner that is deleted in the foreground waits for what it owns.

Source: `pkg/controller/garbagecollector/garbagecollector.go`.
"""

from __future__ import annotations

from stead.practice.api.deletion import FOREGROUND, ORPHAN, DeleteOptions
from stead.practice.api.resources import Resource
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, clone, deleting, each, uid_of
from stead.practice.store import Change


class Garbage(Controller):
    """Its keys are (resource, `namespace/name`): it looks at objects of every kind."""

    name = "garbage-collector"

    def start(self) -> None:
        self.world.store.listen_to_all(self.on_change)

    def on_change(self, change: Change) -> None:
        meta = change.obj["metadata"]
        if change.verb == "DELETED":
            for resource, key in self.world.indexes.dependents(meta["uid"]):
                self._queue(resource, key)
            self._queue_owners(change.obj)
        elif (change.verb == "ADDED" and meta.get("ownerReferences")) or (deleting(change.obj) and meta.get("finalizers")):
            self._queue(change.resource, change.key)

    def _queue_owners(self, obj: Obj) -> None:
        for owner in each(obj["metadata"], "ownerReferences"):
            resource = self.world.registry.of_kind(owner["apiVersion"], owner["kind"])
            if resource is not None:
                self._queue(resource.key, (obj["metadata"].get("namespace", "") if resource.namespaced else "", owner["name"]))

    def _queue(self, resource: str, key: Key) -> None:
        self.queue((resource, "/".join(key)))

    def reconcile(self, key: Key) -> None:
        namespace, _, name = key[1].partition("/")
        obj = self.world.store.get(key[0], namespace, name)
        if obj is None:
            return
        resource = self.world.registry.of_kind(obj["apiVersion"], obj["kind"])
        if resource is None:
            return
        finalizers = each(obj["metadata"], "finalizers")
        if deleting(obj) and FOREGROUND in finalizers:
            self._foreground(resource, (namespace, name), obj)
        elif deleting(obj) and ORPHAN in finalizers:
            self._orphan(resource, (namespace, name), obj)
        elif not deleting(obj):
            self._collect(resource, (namespace, name), obj)

    def _collect(self, resource: Resource, key: Key, obj: Obj) -> None:
        owners = each(obj["metadata"], "ownerReferences")
        if owners and not any(self.world.indexes.exists(owner["uid"]) for owner in owners):
            self.deletes.delete(resource, key, DeleteOptions(uid=uid_of(obj), propagation="Background"))

    def _foreground(self, resource: Resource, key: Key, obj: Obj) -> None:
        blocking = False
        for kind, child_key in self.world.indexes.dependents(uid_of(obj)):
            child = self.world.store.get(kind, *child_key)
            owned = self.world.registry.of_kind(child["apiVersion"], child["kind"]) if child else None
            if child is None or owned is None:
                continue
            reference = next(o for o in child["metadata"]["ownerReferences"] if o["uid"] == uid_of(obj))
            blocking = blocking or bool(reference.get("blockOwnerDeletion"))
            if not deleting(child):
                has_own = bool(self.world.indexes.dependents(uid_of(child)))
                self.deletes.delete(owned, child_key, DeleteOptions(propagation="Foreground" if has_own else "Background"))
        left = self.world.indexes.dependents(uid_of(obj))
        if not (blocking and left):
            self._release(resource, key, FOREGROUND)

    def _orphan(self, resource: Resource, key: Key, obj: Obj) -> None:
        for kind, child_key in self.world.indexes.dependents(uid_of(obj)):

            def cut(child: Obj) -> None:
                rest = [o for o in child["metadata"]["ownerReferences"] if o["uid"] != uid_of(obj)]
                child["metadata"]["ownerReferences"] = rest
                if not rest:
                    del child["metadata"]["ownerReferences"]

            self.world.edit(kind, child_key, cut)
        self._release(resource, key, ORPHAN)

    def _release(self, resource: Resource, key: Key, finalizer: str) -> None:
        def without(obj: Obj) -> Obj:
            new = clone(obj)
            new["metadata"]["finalizers"] = [name for name in each(new["metadata"], "finalizers") if name != finalizer]
            return new

        self.writes.change(resource, key, without)
