"""The kubelets' eviction manager: one key a node, looked at when a hungry container has grown, and until a pressure is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stead.practice.controllers.base import Controller, Hands
from stead.practice.kubelet import pressure
from stead.practice.kubelet.containers import Container
from stead.practice.objects import Key, Obj


class Evictions(Controller):
    """`containers` gives those of a pod that runs (None for one that does not), `drop` ends it on its node."""

    name = "kubelet-eviction"

    def __init__(self, hands: Hands, containers: Callable[[Obj], Sequence[Container] | None], drop: Callable[[Obj], object]) -> None:
        super().__init__(hands)
        self._containers = containers
        self._drop = drop

    def reconcile(self, key: Key) -> None:
        node = self.world.store.get("nodes", *key)
        if node is None or not self.world.kubelet_runs(key[1]):
            return
        uses = [
            pressure.use_of(pod, found, self.world.now)
            for pod in self.world.indexes.pods_on(key[1])
            if (found := self._containers(pod)) is not None
        ]
        room, used = pressure.memory_of(node), sum(use.used for use in uses)
        if not room or used <= room:
            self._calm(key, node)
            return
        pressure.mark(self.world, node)
        self._evict(max(uses, key=lambda use: use.above), max(0, room - used))
        self.world.engine.after(pressure.CALM, self, key)

    def _evict(self, victim: pressure.Use, available: int) -> None:
        message = victim.message(available)
        self.world.events.warning(victim.pod, "kubelet", "Evicted", message, host=victim.pod["spec"]["nodeName"])
        self._drop(victim.pod)
        self.put_status("pods", victim.pod, pressure.evicted(victim.pod, message, self.world.timestamp))

    def _calm(self, key: Key, node: Obj) -> None:
        """Take a pressure back that has been over for long enough."""
        when = pressure.calm_at(self.world, node)
        if when is not None and when <= self.world.now:
            pressure.ease(self.world, node)
        elif when is not None:
            self.world.engine.at(when, self, key)
