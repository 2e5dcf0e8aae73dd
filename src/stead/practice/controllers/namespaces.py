"""Namespaces: the account that pods need, and the emptying of one that is deleted.

Source: `pkg/controller/serviceaccount`, `pkg/controller/namespace/deletion`.
"""

from __future__ import annotations

from stead.practice.api.deletion import DeleteOptions
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, deleting, each, key_of, set_condition
from stead.practice.store import Change

_CLEAR = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    ("NamespaceDeletionContentFailure", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
)


_SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
"""They come back when they are deleted (`pkg/controlplane/controller/systemnamespaces`)."""


class Namespaces(Controller):
    name = "namespace"
    watches = ("namespaces",)

    def start(self) -> None:
        super().start()
        self.world.store.listen_to_all(self._on_any)

    def on_change(self, change: Change) -> None:
        if change.verb != "DELETED" or change.key[1] in _SYSTEM:
            self.queue(change.key)

    def _on_any(self, change: Change) -> None:
        """When the last thing in a terminating namespace goes, so does the namespace; a lost default account comes back."""
        if change.verb != "DELETED" or not change.key[0]:
            return
        namespace = self.world.store.get("namespaces", "", change.key[0])
        if namespace is not None and (deleting(namespace) or change.resource == "serviceaccounts"):
            self.queue(key_of(namespace))

    def reconcile(self, key: Key) -> None:
        namespace = self.world.store.get("namespaces", *key)
        if namespace is None:
            if key[1] in _SYSTEM:
                self.writes.create(self.world.registry.named("namespaces"), {"metadata": {"name": key[1]}})
            return
        if deleting(namespace):
            self._empty(namespace)
        elif self.world.store.get("serviceaccounts", key[1], "default") is None:
            account = self.world.registry.named("serviceaccounts")
            self.writes.create(account, {"metadata": {"name": "default"}}, key[1])

    def _empty(self, namespace: Obj) -> None:
        name = namespace["metadata"]["name"]
        left: list[tuple[str, Obj]] = []
        seen: set[str] = set()
        for resource in self.world.registry.all():
            if not resource.namespaced or resource.key in seen or "delete" not in resource.verbs:
                continue
            seen.add(resource.key)
            for obj in self.world.store.list(resource.key, name):
                if not deleting(obj):
                    self.deletes.delete(resource, key_of(obj), DeleteOptions(propagation="Background"))
            left += [(resource.full_name, obj) for obj in self.world.store.list(resource.key, name)]
        if left:
            self._say_what_is_left(namespace, left)
        else:
            self.world.store.remove("namespaces", key_of(namespace))

    def _say_what_is_left(self, namespace: Obj, left: list[tuple[str, Obj]]) -> None:
        names = sorted({resource for resource, _ in left})
        counted = ", ".join(f"{resource}. has {sum(1 for r, _ in left if r == resource)} resource instances" for resource in names)
        held: dict[str, int] = {}
        for _, obj in left:
            for finalizer in each(obj["metadata"], "finalizers"):
                held[finalizer] = held.get(finalizer, 0) + 1
        waiting = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(held.items()))
        remains = ("NamespaceContentRemaining", "SomeResourcesRemain", f"Some resources are remaining: {counted}")
        finalizing = (
            "NamespaceFinalizersRemaining",
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {waiting}",
        )

        def tell(obj: Obj) -> None:
            for kind, reason, message in _CLEAR:
                set_condition(obj, {"type": kind, "status": "False", "reason": reason, "message": message}, self.world.timestamp)
            for kind, reason, message in (remains, *((finalizing,) if held else ())):
                set_condition(obj, {"type": kind, "status": "True", "reason": reason, "message": message}, self.world.timestamp)

        self.world.edit("namespaces", key_of(namespace), tell)
