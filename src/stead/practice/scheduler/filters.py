"""Why a pod does not fit on a node, in the words of the scheduler's plugins.

Source: `pkg/scheduler/framework/plugins/*`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from stead.practice import quantity
from stead.practice.objects import Obj, each, inside, labels_of
from stead.practice.selectors import expressions


@dataclass(slots=True)
class Amounts:
    """CPU in thousandths, memory in bytes, a count of pods."""

    cpu: int = 0
    memory: int = 0
    pods: int = 0

    def add(self, other: Amounts, sign: int = 1) -> None:
        self.cpu += sign * other.cpu
        self.memory += sign * other.memory
        self.pods += sign * other.pods


@dataclass(slots=True)
class NodeLoad:
    used: Amounts = field(default_factory=Amounts)


@dataclass(frozen=True, slots=True)
class Misfit:
    reason: str
    hopeless: bool
    """True when no eviction of other pods could help (UnschedulableAndUnresolvable)."""


def requests(pod: Obj) -> Amounts:
    """What the pod asks for: the sum of its containers, or its largest init container."""
    total = Amounts(pods=1)
    for container in pod["spec"]["containers"]:
        total.add(_of(container))
    for container in each(pod["spec"], "initContainers"):
        asked = _of(container)
        total.cpu, total.memory = max(total.cpu, asked.cpu), max(total.memory, asked.memory)
    return total


def _of(container: Obj) -> Amounts:
    asked = inside(container, "resources", "requests")
    return Amounts(quantity.milli(asked.get("cpu", 0)), quantity.whole(asked.get("memory", 0)))


def allocatable(node: Obj) -> Amounts:
    """The room of the node. Shared between equal nodes: it is not to be changed."""
    given = inside(node, "status", "allocatable")
    return _room_for(given.get("cpu", 0), given.get("memory", 0), given.get("pods", 110))


@lru_cache(maxsize=1024)
def _room_for(cpu: str | int, memory: str | int, pods: str | int) -> Amounts:
    return Amounts(quantity.milli(cpu), quantity.whole(memory), quantity.whole(pods))


def misfits(pod: Obj, asked: Amounts, node: Obj, used: Amounts) -> list[Misfit]:
    """The reasons of the first plugin that refuses, in the scheduler's order; empty when the pod fits."""
    return _name(pod, node) or _unschedulable(pod, node) or _taints(pod, node) or _affinity(pod, node) or _room(asked, node, used)


def _name(pod: Obj, node: Obj) -> list[Misfit]:
    wanted = pod["spec"].get("nodeName")
    if wanted and wanted != node["metadata"]["name"]:
        return [Misfit("node(s) didn't match the requested node name", True)]
    return []


_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def _unschedulable(pod: Obj, node: Obj) -> list[Misfit]:
    if inside(node, "spec").get("unschedulable") and not tolerated(pod, _UNSCHEDULABLE):
        return [Misfit("node(s) were unschedulable", True)]
    return []


def _taints(pod: Obj, node: Obj) -> list[Misfit]:
    for taint in each(node, "spec", "taints"):
        if taint["effect"] in ("NoSchedule", "NoExecute") and not tolerated(pod, taint):
            return [Misfit(f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}", True)]
    return []


def tolerated(pod: Obj, taint: Obj) -> bool:
    return any(tolerates(toleration, taint) for toleration in each(pod["spec"], "tolerations"))


def tolerates(toleration: Obj, taint: Obj) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def _affinity(pod: Obj, node: Obj) -> list[Misfit]:
    spec = pod["spec"]
    if not spec.get("nodeSelector") and not spec.get("affinity"):
        return []
    labels = labels_of(node)
    selector = inside(spec, "nodeSelector")
    fits = all(labels.get(key) == value for key, value in selector.items())
    affinity = inside(spec, "affinity", "nodeAffinity").get("requiredDuringSchedulingIgnoredDuringExecution")
    if affinity:
        fits = fits and any(_term(term, node) for term in each(affinity, "nodeSelectorTerms"))
    return [] if fits else [Misfit("node(s) didn't match Pod's node affinity/selector", True)]


def _term(term: Obj, node: Obj) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    by_label = expressions(each(term, "matchExpressions"))
    by_field = expressions(each(term, "matchFields"))
    return all(r.matches(labels_of(node)) for r in by_label) and all(r.matches(fields) for r in by_field)


def _room(asked: Amounts, node: Obj, used: Amounts) -> list[Misfit]:
    there = allocatable(node)
    found: list[Misfit] = []
    if used.pods + 1 > there.pods:
        found.append(Misfit("Too many pods", there.pods < 1))
    if asked.cpu and asked.cpu > there.cpu - used.cpu:
        found.append(Misfit("Insufficient cpu", asked.cpu > there.cpu))
    if asked.memory and asked.memory > there.memory - used.memory:
        found.append(Misfit("Insufficient memory", asked.memory > there.memory))
    return found
