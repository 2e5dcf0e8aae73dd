"""Pods whose node object is gone: deleted by force after 40 s, as a real cluster does, unless it is switched off.

Source: `pkg/controller/podgc/gc_controller.go`.
"""

from __future__ import annotations

from datetime import timedelta

from stead.practice.api.deletion import DeleteOptions
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, key_of, set_condition
from stead.practice.store import Change

QUARANTINE = timedelta(seconds=40)
_TARGET = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByPodGC",
    "message": "PodGC: node no longer exists",
}


class PodGc(Controller):
    name = "pod-gc"
    watches = ("nodes",)

    def on_change(self, change: Change) -> None:
        if change.verb == "DELETED" and self.world.orphan_gc:
            self.world.engine.after(QUARANTINE, self, change.key)

    def reconcile(self, key: Key) -> None:
        if self.world.store.get("nodes", *key) is not None or not self.world.orphan_gc:
            return
        for pod in self.world.indexes.pods_on(key[1]):
            self.world.edit("pods", key_of(pod), lambda obj: set_condition(obj, _TARGET, self.world.timestamp))
            self.deletes.delete(self.world.registry.named("pods"), key_of(pod), DeleteOptions(grace_seconds=0))
