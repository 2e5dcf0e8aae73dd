"""What stands where, as one placement sees it: nodes, the pods on them, and the room that others have been promised."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from stead.practice.objects import Key, Obj, key_of, name_of
from stead.practice.scheduler.room import Amounts, requests
from stead.practice.world import World


@dataclass(frozen=True, slots=True)
class Board:
    world: World
    used: Mapping[str, Amounts]
    """By node, of the pods that are on it and not over."""
    averse: Collection[Key] = ()
    """The pods on nodes that will not have certain others near them."""
    promised: Mapping[str, Amounts] = field(default_factory=dict[str, Amounts])
    """By node, what waits for room there that was made for it (`nominatedNodeName`)."""
    without: frozenset[Key] = frozenset()
    """Pods that are thought away, to see whether that helps."""

    def nodes(self) -> list[Obj]:
        return self.world.store.list("nodes")

    def pods_on(self, node: str) -> list[Obj]:
        return [pod for pod in self.world.indexes.pods_on(node) if alive(pod) and key_of(pod) not in self.without]

    def placed(self) -> Iterator[tuple[Obj, Obj]]:
        """Every pod on a node, with its node."""
        for node in self.nodes():
            for pod in self.pods_on(name_of(node)):
                yield pod, node

    def averse_pods(self) -> Iterator[tuple[Obj, Obj]]:
        for key in self.averse:
            pod = None if key in self.without else self.world.store.get("pods", *key)
            node = self.world.store.get("nodes", "", pod["spec"].get("nodeName", "")) if pod else None
            if pod is not None and node is not None:
                yield pod, node

    def load(self, node: str) -> Amounts:
        used = self.used.get(node) or Amounts()
        if node in self.promised:
            used = used.plus(self.promised[node])
        if self.without:
            for pod in self.world.indexes.pods_on(node):
                if alive(pod) and key_of(pod) in self.without:
                    used = used.plus(requests(pod), -1)
        return used


def alive(pod: Obj) -> bool:
    """Whether the pod still takes room: neither Succeeded nor Failed."""
    return pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
