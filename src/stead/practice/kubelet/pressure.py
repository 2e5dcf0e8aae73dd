"""Memory pressure: a node whose pods use more than it has says so, and gives up the pod that is furthest above its request.

Source: `pkg/kubelet/eviction` (helpers.go for the message and the order, 5 min transition period, hard threshold of 100Mi).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.practice import quantity, timestamps
from stead.practice.kubelet.containers import Container
from stead.practice.objects import Obj, condition, each, inside, key_of, name_of, set_condition
from stead.practice.scheduler.room import requests
from stead.practice.world import World

CALM = timedelta(minutes=5)
"""How long a pressure is told after it has ended (--eviction-pressure-transition-period)."""


@dataclass(frozen=True, slots=True)
class Use:
    """The memory of one pod: what it uses and what it asked for, in bytes, and its hungriest container."""

    pod: Obj
    used: int
    asked: int
    container: str

    @property
    def above(self) -> int:
        return self.used - self.asked

    def message(self, available: int) -> str:
        what = f"Container {self.container} was using {self.used // 1024}Ki, request is {quantity.text(quantity.parse(self.asked), '1Mi')}"
        low = f"The node was low on resource: memory. Threshold quantity: 100Mi, available: {available // 1024}Ki. "
        return f"{low}{what}, has larger consumption of memory. "


def use_of(pod: Obj, containers: Sequence[Container], now: datetime) -> Use:
    sizes = {c.name: c.run.image.memory_bytes for c in containers if c.run is not None and c.running(now) and _grown(c, now)}
    hungriest = max(sizes, key=lambda name: sizes[name], default="")
    return Use(pod, sum(sizes.values()), requests(pod).memory, hungriest)


def _grown(container: Container, now: datetime) -> bool:
    run = container.run
    return run is not None and run.started + timedelta(seconds=run.image.oom_after) <= now


def memory_of(node: Obj) -> int:
    """What the node has for pods, in bytes; 0 when it does not say."""
    return quantity.whole(inside(node, "status", "allocatable").get("memory", 0))


def evicted(pod: Obj, message: str, stamp: str) -> Obj:
    """The status of a pod that was evicted."""
    target = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": message}
    over = {"type": "Ready", "status": "False", "reason": "PodFailed"}
    kept = [item for item in each(pod, "status", "conditions") if item["type"] not in ("Ready", "ContainersReady")]
    told = [{**item, "lastProbeTime": None, "lastTransitionTime": stamp} for item in (target, over, {**over, "type": "ContainersReady"})]
    status = {name: value for name, value in pod["status"].items() if name != "containerStatuses"}
    return {**status, "phase": "Failed", "reason": "Evicted", "message": message, "conditions": [*kept, *told]}


def mark(world: World, node: Obj) -> None:
    """The node says that it is short of memory."""
    _say(world, node, "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
    found = condition(node, "MemoryPressure")
    if found is None or found["status"] != "True":
        name = name_of(node)
        world.events.normal(
            node, "kubelet", "NodeHasInsufficientMemory", f"Node {name} status is now: NodeHasInsufficientMemory", host=name
        )


def calm_at(world: World, node: Obj) -> datetime | None:
    """When the pressure that this kubelet told of may be taken back; None when there is none of that kind."""
    found = condition(node, "MemoryPressure")
    if found is None or found["status"] != "True" or found.get("reason") != "KubeletHasInsufficientMemory":
        return None
    if "lastHeartbeatTime" not in found:
        return world.now
    return timestamps.parse(found["lastHeartbeatTime"]) + CALM


def ease(world: World, node: Obj) -> None:
    """The node says that it has memory again."""
    name = name_of(node)
    _say(world, node, "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
    world.events.normal(node, "kubelet", "NodeHasSufficientMemory", f"Node {name} status is now: NodeHasSufficientMemory", host=name)


def _say(world: World, node: Obj, value: str, reason: str, message: str) -> None:
    stamp = world.timestamp
    said = {"type": "MemoryPressure", "status": value, "lastHeartbeatTime": stamp, "reason": reason, "message": message}
    world.edit("nodes", key_of(node), lambda obj: set_condition(obj, said, stamp))
