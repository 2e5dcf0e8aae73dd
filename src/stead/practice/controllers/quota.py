"""The `used` of ResourceQuotas. Source: `pkg/controller/resourcequota/resource_quota_controller.go`."""

from __future__ import annotations

from stead.practice import quantity
from stead.practice.api import quotas
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, inside, key_of
from stead.practice.store import Change

RESOURCE = "resourcequotas"


class Quotas(Controller):
    name = "resourcequota"

    def start(self) -> None:
        self.world.store.listen_to_all(self.on_change)

    def on_change(self, change: Change) -> None:
        counts = change.verb != "MODIFIED" or change.resource == "pods"
        if change.resource == RESOURCE:
            self.queue(change.key)
        elif change.key[0] and counts and change.resource != "events" and self.world.store.count(RESOURCE):
            for limit in self.world.store.list(RESOURCE, change.key[0]):
                self.queue(key_of(limit))

    def reconcile(self, key: Key) -> None:
        limit = self.world.store.get(RESOURCE, *key)
        if limit is None:
            return
        hard: dict[str, str] = inside(limit["spec"], "hard")
        used = quotas.usage(self.world, limit, list(hard))
        told = {name: quantity.text(amount, str(hard[name])) for name, amount in used.items()}
        self.put_status(RESOURCE, limit, {"hard": dict(hard), "used": told})
