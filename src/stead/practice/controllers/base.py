"""What a controller is, and what it works with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from stead.practice.api.deletion import Deletes
from stead.practice.api.writes import Writes
from stead.practice.objects import Key, Obj, controller_of, key_of, namespace_of
from stead.practice.store import Change
from stead.practice.world import World


@dataclass(frozen=True, slots=True)
class Hands:
    """The world, and the two ways to change a spec in it."""

    world: World
    writes: Writes
    deletes: Deletes


class Controller(ABC):
    """Reacts to changes of what it watches by queueing keys; does its work in `reconcile`, key by key.

    Promise: `reconcile` looks only at the present state, so a key may be queued once too often, or late.
    """

    name = ""
    watches: Sequence[str] = ()

    def __init__(self, hands: Hands) -> None:
        self.world = hands.world
        self.writes = hands.writes
        self.deletes = hands.deletes

    def start(self) -> None:
        for resource in self.watches:
            self.world.store.listen(resource, self.on_change)

    def on_change(self, change: Change) -> None:
        """Queue what may have to be done; by default the changed object itself."""
        self.queue(change.key)

    def queue(self, key: Key) -> None:
        self.world.engine.enqueue(self, key)

    def queue_owner(self, change: Change, kind: str) -> None:
        """Queue the controller of the changed object, before and after the change, if it is of `kind`."""
        for obj in (change.obj, change.old.obj if change.old else None):
            owner = controller_of(obj) if obj else None
            if obj and owner and owner["kind"] == kind:
                self.queue((namespace_of(obj), owner["name"]))

    @abstractmethod
    def reconcile(self, key: Key) -> None:
        """Make what this key stands for as it should be."""

    def put_status(self, resource: str, obj: Obj, status: Obj) -> Obj:
        """Store the object with a new status; nothing happens when it is the same."""
        key = key_of(obj)
        current = self.world.store.get(resource, *key)
        if current is None:
            return obj
        return self.world.store.put(resource, {**current, "metadata": dict(current["metadata"]), "status": status})
