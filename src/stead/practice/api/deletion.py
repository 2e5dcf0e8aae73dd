"""Deletes: at once, with grace, or held by finalizers.

Promise: uid and resourceVersion preconditions are checked before anything happens. A pod on a node goes only when its
kubelet confirms (or with grace 0). Source: `k8s.io/apiserver/pkg/registry/rest/delete.go`, `pkg/registry/core/pod/strategy.go`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from stead.practice import timestamps
from stead.practice.api import errors
from stead.practice.api.initial import ordered
from stead.practice.api.resources import Resource
from stead.practice.objects import Key, Obj, clone, deleting, each, inside
from stead.practice.world import World

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
_PROPAGATION = {"Foreground": FOREGROUND, "Orphan": ORPHAN}


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    grace_seconds: int | None = None
    uid: str = ""
    resource_version: str = ""
    propagation: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """`obj` is the last state; `gone` tells whether it was removed or only marked."""

    obj: Obj
    gone: bool


class Deletes:
    def __init__(self, world: World) -> None:
        self._world = world

    def delete(self, resource: Resource, key: Key, options: DeleteOptions = DeleteOptions()) -> Deleted:
        old = self._world.store.get(resource.key, *key)
        if old is None:
            raise errors.not_found(resource, key[1])
        _check(resource, old, options)
        if resource.key == "namespaces":
            return self._namespace(resource, key, old, options)
        grace = _grace(resource, old, options)
        new = self._marked(old, grace, options)
        if grace == 0 and not new["metadata"].get("finalizers"):
            return self._remove(resource, key, old, options)
        if options.dry_run:
            return Deleted(new, False)
        return Deleted(self._world.store.put(resource.key, new), False)

    def _marked(self, old: Obj, grace: int, options: DeleteOptions) -> Obj:
        new = clone(old)
        meta = new["metadata"]
        wanted = _PROPAGATION.get(options.propagation)
        others = [name for name in each(meta, "finalizers") if name not in (FOREGROUND, ORPHAN)]
        kept = [wanted] if wanted else [f for f in each(meta, "finalizers") if f in (FOREGROUND, ORPHAN) and deleting(old)]
        meta["finalizers"] = [*others, *kept]
        earlier = meta.get("deletionGracePeriodSeconds")
        if not deleting(old) or (earlier is not None and grace < earlier):
            meta["deletionTimestamp"] = timestamps.seconds(self._world.now + timedelta(seconds=grace))
            meta["deletionGracePeriodSeconds"] = grace
            if meta.get("generation"):
                meta["generation"] += 1
        new["metadata"] = ordered(meta) | {"deletionGracePeriodSeconds": meta["deletionGracePeriodSeconds"]}
        return new

    def _remove(self, resource: Resource, key: Key, old: Obj, options: DeleteOptions) -> Deleted:
        if options.dry_run:
            return Deleted(old, True)
        last = self._world.store.remove(resource.key, key)
        return Deleted(last or old, True)

    def _namespace(self, resource: Resource, key: Key, old: Obj, options: DeleteOptions) -> Deleted:
        """A namespace is emptied by its controller first; until then it is Terminating."""
        if key[1] in ("default", "kube-system", "kube-public"):
            raise errors.forbidden(resource, key[1], "this namespace may not be deleted")
        new = clone(old)
        if not deleting(old):
            new["metadata"]["deletionTimestamp"] = self._world.timestamp
            new["status"]["phase"] = "Terminating"
        new["metadata"] = ordered(new["metadata"])
        return Deleted(new if options.dry_run else self._world.store.put(resource.key, new), False)


def _check(resource: Resource, old: Obj, options: DeleteOptions) -> None:
    meta = old["metadata"]
    if options.uid and options.uid != meta["uid"]:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({meta['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise errors.precondition(resource, meta["name"], why)
    if options.resource_version and options.resource_version != meta["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the ResourceVersion in "
            f"record ({meta['resourceVersion']}). The object might have been modified"
        )
        raise errors.precondition(resource, meta["name"], why)


def _grace(resource: Resource, obj: Obj, options: DeleteOptions) -> int:
    if resource.key != "pods":
        return 0
    if not obj["spec"].get("nodeName") or inside(obj, "status").get("phase") in ("Succeeded", "Failed"):
        return 0  # no kubelet has anything to stop
    if options.grace_seconds is not None:
        return max(0, options.grace_seconds)
    return obj["spec"].get("terminationGracePeriodSeconds", 30)
