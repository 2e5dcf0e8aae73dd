"""What pods ask for and what nodes have: NodeResourcesFit. Sources: `k8s.io/component-helpers/resource`, `plugins/noderesources`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from stead.practice import quantity
from stead.practice.objects import Obj, each, inside

_OWN = ("cpu", "memory", "pods")


@dataclass(slots=True)
class Amounts:
    """CPU in thousandths, memory in bytes, a count of pods; of all else (`ephemeral-storage`, `nvidia.com/gpu`) whole units."""

    cpu: int = 0
    memory: int = 0
    pods: int = 0
    others: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, other: Amounts, sign: int = 1) -> None:
        self.cpu += sign * other.cpu
        self.memory += sign * other.memory
        self.pods += sign * other.pods
        for name, amount in other.others.items():
            self.others[name] = self.others.get(name, 0) + sign * amount

    def plus(self, other: Amounts, sign: int = 1) -> Amounts:
        total = Amounts(self.cpu, self.memory, self.pods, dict(self.others))
        total.add(other, sign)
        return total

    def at_least(self, other: Amounts) -> None:
        """Grow to the larger of both, resource by resource."""
        self.cpu, self.memory = max(self.cpu, other.cpu), max(self.memory, other.memory)
        for name, amount in other.others.items():
            self.others[name] = max(self.others.get(name, 0), amount)


@dataclass(frozen=True, slots=True)
class Misfit:
    reason: str
    hopeless: bool
    """True when no eviction of other pods could help (UnschedulableAndUnresolvable)."""


def requests(pod: Obj) -> Amounts:
    """What the pod asks for: its containers and sidecars together, or its largest init container; and its overhead."""
    spec = pod["spec"]
    total = Amounts()
    for container in spec["containers"]:
        total.add(_requested(container))
    sidecars, peak = Amounts(), Amounts()
    for container in each(spec, "initContainers"):
        asked = _requested(container)
        if container.get("restartPolicy") == "Always":
            sidecars.add(asked)
            asked = Amounts()
        peak.at_least(sidecars.plus(asked))
    total.add(sidecars)
    total.at_least(peak)
    whole = inside(spec, "resources", "requests")  # of the pod itself: they stand for those of its containers
    total.cpu = quantity.milli(whole["cpu"]) if "cpu" in whole else total.cpu
    total.memory = quantity.whole(whole["memory"]) if "memory" in whole else total.memory
    total.add(_amounts(inside(spec, "overhead")))
    total.pods = 1
    return total


def _requested(container: Obj) -> Amounts:
    return _amounts(inside(container, "resources", "requests"))


def _amounts(asked: Obj) -> Amounts:
    others = {name: quantity.whole(amount) for name, amount in asked.items() if name not in _OWN}
    return Amounts(quantity.milli(asked.get("cpu", 0)), quantity.whole(asked.get("memory", 0)), 0, others)


def allocatable(node: Obj) -> Amounts:
    """The room of the node. Shared between equal nodes: it is not to be changed."""
    return _room_of(tuple(inside(node, "status", "allocatable").items()))


@lru_cache(maxsize=1024)
def _room_of(allocatable: tuple[tuple[str, str | int], ...]) -> Amounts:
    given = dict(allocatable)
    others = {name: quantity.whole(amount) for name, amount in given.items() if name not in _OWN}
    return Amounts(
        quantity.milli(given.get("cpu", 0)), quantity.whole(given.get("memory", 0)), quantity.whole(given.get("pods", 110)), others
    )


def shortages(asked: Amounts, there: Amounts, used: Amounts) -> list[Misfit]:
    """Every resource of which too little is left, in the order of the plugin."""
    found: list[Misfit] = []
    if used.pods + 1 > there.pods:
        found.append(Misfit("Too many pods", there.pods < 1))
    if asked.cpu and asked.cpu > there.cpu - used.cpu:
        found.append(Misfit("Insufficient cpu", asked.cpu > there.cpu))
    if asked.memory and asked.memory > there.memory - used.memory:
        found.append(Misfit("Insufficient memory", asked.memory > there.memory))
    for name, amount in asked.others.items():
        has = there.others.get(name, 0)
        if amount and amount > has - used.others.get(name, 0):
            found.append(Misfit(f"Insufficient {name}", amount > has))
    return found
