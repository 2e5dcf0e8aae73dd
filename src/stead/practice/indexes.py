"""Ways into the store that are not by key: pods of a node, dependents of an owner, claims by volume.

Promise: as fresh as the store, since they are kept by its changes; no controller has to scan 10,000 pods.
"""

from __future__ import annotations

from collections import defaultdict

from stead.practice.objects import Key, Obj, each
from stead.practice.store import Change, Store


class Indexes:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_node: dict[str, dict[Key, None]] = defaultdict(dict)
        self._by_owner: dict[str, dict[tuple[str, Key], None]] = defaultdict(dict)
        self._uids: set[str] = set()
        store.listen_to_all(self._on_change)

    def pods_on(self, node: str) -> list[Obj]:
        return self._objects("pods", list(self._by_node.get(node, ())))

    def dependents(self, uid: str) -> list[tuple[str, Key]]:
        return sorted(self._by_owner.get(uid, ()))

    def pods_of(self, uid: str) -> list[Obj]:
        """The pods with an owner reference to `uid`, oldest name first."""
        return self._objects("pods", [key for resource, key in self.dependents(uid) if resource == "pods"])

    def exists(self, uid: str) -> bool:
        return uid in self._uids

    def _objects(self, resource: str, keys: list[Key]) -> list[Obj]:
        found = (self._store.get(resource, *key) for key in sorted(keys))
        return [obj for obj in found if obj is not None]

    def _on_change(self, change: Change) -> None:
        if change.old is not None:
            self._forget(change, change.old.obj)
        if change.verb != "DELETED":
            self._learn(change, change.obj)

    def _learn(self, change: Change, obj: Obj) -> None:
        self._uids.add(obj["metadata"]["uid"])
        for owner in each(obj["metadata"], "ownerReferences"):
            self._by_owner[owner["uid"]][change.resource, change.key] = None
        if change.resource == "pods" and (node := obj["spec"].get("nodeName")):
            self._by_node[node][change.key] = None

    def _forget(self, change: Change, obj: Obj) -> None:
        self._uids.discard(obj["metadata"]["uid"])
        for owner in each(obj["metadata"], "ownerReferences"):
            self._by_owner[owner["uid"]].pop((change.resource, change.key), None)
        if change.resource == "pods" and (node := obj["spec"].get("nodeName")):
            self._by_node[node].pop(change.key, None)
