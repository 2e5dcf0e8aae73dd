"""CustomResourceDefinitions become Established; their objects go with them. Source: `apiextensions-apiserver/pkg/controller`."""

from __future__ import annotations

from stead.practice.api.crds import DEFINITIONS
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, clone, each, inside, set_condition
from stead.practice.store import Change


class Definitions(Controller):
    name = "customresourcedefinition"
    watches = (DEFINITIONS,)

    def on_change(self, change: Change) -> None:
        if change.verb == "DELETED":
            for obj in self.world.store.list(change.key[1]):
                self.world.store.remove(change.key[1], (obj["metadata"].get("namespace", ""), obj["metadata"]["name"]))
        else:
            self.queue(change.key)

    def reconcile(self, key: Key) -> None:
        definition = self.world.store.get(DEFINITIONS, *key)
        if definition is None:
            return
        new: Obj = {"status": clone(inside(definition, "status"))}
        new["status"]["conditions"] = each(new["status"], "conditions")
        new["status"]["acceptedNames"] = clone(definition["spec"]["names"])
        for kind, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ):
            set_condition(new, {"type": kind, "status": "True", "reason": reason, "message": message}, self.world.timestamp)
        self.put_status(DEFINITIONS, definition, new["status"])
