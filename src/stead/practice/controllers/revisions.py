"""ControllerRevisions: the remembered templates of StatefulSets and DaemonSets. Source: `pkg/controller/history`."""

from __future__ import annotations

from stead.practice.controllers.base import Controller
from stead.practice.names import template_hash
from stead.practice.objects import Obj, clone, inside, name_of, namespace_of, owner_reference, uid_of

RESOURCE = "controllerrevisions.apps"


def current(controller: Controller, owner: Obj) -> str:
    """The name of the revision that holds the owner's present template; it is made when there is none."""
    template = owner["spec"]["template"]
    name = f"{name_of(owner)}-{template_hash(template)}"
    store, namespace = controller.world.store, namespace_of(owner)
    known = [store.get(resource, *key) for resource, key in controller.world.indexes.dependents(uid_of(owner)) if resource == RESOURCE]
    newest = max((revision["revision"] for revision in known if revision), default=0)
    found = store.get(RESOURCE, namespace, name)
    if found is None:
        meta = {
            "name": name,
            "labels": dict(inside(template["metadata"], "labels")),
            "ownerReferences": [owner_reference(owner)],
        }
        data = {"spec": {"template": {**clone(template), "$patch": "replace"}}}
        obj = {"metadata": meta, "data": data, "revision": newest + 1}
        controller.writes.create(controller.world.registry.named(RESOURCE), obj, namespace)
    elif found["revision"] < newest:
        controller.world.edit(RESOURCE, (namespace, name), lambda obj: obj.update(revision=newest + 1))
    return name
