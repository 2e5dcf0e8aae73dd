"""How many replicas a metric asks for. Source: `pkg/controller/podautoscaler/{horizontal,replica_calculator}.go`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from stead.practice import quantity
from stead.practice.api import metrics
from stead.practice.controllers import pods
from stead.practice.objects import Obj, each, inside, name_of, namespace_of
from stead.practice.world import World

TOLERANCE = 0.1


class NoMetricError(Exception):
    """A metric that cannot be had; `reason` is that of the condition, the message that of the real controller."""

    def __init__(self, reason: str, message: str, what: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.what = what
        """How the controller's own error begins, before the message."""


@dataclass(frozen=True, slots=True)
class Proposal:
    replicas: int
    metric: str
    """As conditions and events call it."""
    current: Obj
    """The metric's entry in `status.currentMetrics`."""


@dataclass(slots=True)
class _Usage:
    """Thousandths by pod, of those that have figures; who lacks them; who is not ready."""

    known: dict[str, int] = field(default_factory=dict[str, int])
    missing: list[str] = field(default_factory=list[str])
    unready: list[str] = field(default_factory=list[str])


def propose(world: World, metric: Obj, targeted: list[Obj], current: int) -> Proposal:
    """What one metric of the spec asks for. Raises NoMetricError."""
    kind = metric["type"]
    if kind in ("Resource", "ContainerResource"):
        part = "resource" if kind == "Resource" else "containerResource"
        return _resource(world, kind, inside(metric, part), targeted, current)
    raise _elsewhere(metric, targeted)


def _resource(world: World, kind: str, source: Obj, targeted: list[Obj], current: int) -> Proposal:
    name, container = source["name"], source.get("container", "")
    target: Obj = inside(source, "target")
    share = target.get("averageUtilization")
    word = "utilization" if share is not None else "usage"
    usage = _usage(world, targeted, name, container)
    if not usage.known:
        none_at_all = "unable to get metrics for resource {}: no metrics returned from resource metrics API"
        why = "did not receive metrics for targeted pods (pods might be unready)" if usage.unready else none_at_all.format(name)
        raise _failed(kind, name, word, why)
    called = f"{name} {'container ' if container else ''}resource"
    if share is None:
        goal = quantity.milli(target.get("averageValue", 0)) or 1
        wanted = _replicas(usage, dict.fromkeys((*usage.known, *usage.missing), goal), 100, current)
        value = _shown(name, sum(usage.known.values()) // len(usage.known))
        return Proposal(wanted, called, _entry(kind, source, {"averageValue": value}))
    asked = {name_of(pod): _requested(kind, pod, name, container) for pod in targeted}
    total = sum(asked[pod] for pod in usage.known)
    average = sum(usage.known.values()) // len(usage.known)
    now = sum(usage.known.values()) * 100 // total if total else 0
    wanted = _replicas(usage, asked, share, current)
    found = {"averageUtilization": now, "averageValue": _shown(name, average)}
    return Proposal(wanted, f"{called} utilization (percentage of request)", _entry(kind, source, found))


def _entry(kind: str, source: Obj, found: Obj) -> Obj:
    part = "resource" if kind == "Resource" else "containerResource"
    where = {"container": source["container"]} if source.get("container") else {}
    return {"type": kind, part: {"name": source["name"], **where, "current": found}}


def _shown(name: str, thousandths: int) -> str:
    return f"{thousandths}m" if name == "cpu" else str(thousandths // 1000)


def _usage(world: World, targeted: list[Obj], name: str, container: str) -> _Usage:
    usage = _Usage()
    resource = world.registry.find(metrics.GROUP, "v1beta1", "pods")
    for pod in targeted:
        entry = metrics.entry(world, resource, namespace_of(pod), name_of(pod)) if resource else None
        parts = [c for c in each(entry.obj, "containers") if not container or c["name"] == container] if entry else []
        if pods.phase(pod) == "Pending" or (name == "cpu" and not pods.ready(pod)):
            usage.unready.append(name_of(pod))
        elif not parts:
            usage.missing.append(name_of(pod))
        else:
            usage.known[name_of(pod)] = sum(quantity.milli(c["usage"].get(name, 0)) for c in parts)
    return usage


def _requested(kind: str, pod: Obj, name: str, container: str) -> int:
    total = 0
    for part in pod["spec"]["containers"]:
        if container and part["name"] != container:
            continue
        asked = inside(part, "resources", "requests").get(name)
        if asked is None:
            why = f"missing request for {name} in container {part['name']} of Pod {name_of(pod)}"
            raise _failed(kind, name, "utilization", why)
        total += quantity.milli(asked)
    return total


def _replicas(usage: _Usage, asked: dict[str, int], share: int, current: int) -> int:
    """As many as bring the use to its target; pods without figures are taken for whatever changes least."""
    ratio = _ratio(usage.known, asked, share)
    if not usage.missing and not (usage.unready and ratio > 1):
        return current if abs(ratio - 1) <= TOLERANCE else math.ceil(ratio * len(usage.known))
    filled = dict(usage.known)
    for pod in usage.missing:
        filled[pod] = asked[pod] * max(100, share) // 100 if ratio < 1 else 0
    if ratio > 1:
        filled |= dict.fromkeys(usage.unready, 0)
    fresh = _ratio(filled, asked, share)
    if abs(fresh - 1) <= TOLERANCE or (ratio < 1) is not (fresh < 1):
        return current
    wanted = math.ceil(fresh * len(filled))
    backwards = (fresh < 1 and wanted > current) or (fresh > 1 and wanted < current)
    return current if backwards else wanted


def _ratio(used: dict[str, int], asked: dict[str, int], share: int) -> float:
    total = sum(asked.get(pod, 0) for pod in used) * share / 100
    return sum(used.values()) / total if total else 1.0


def _failed(kind: str, name: str, word: str, why: str) -> NoMetricError:
    part = "resource" if kind == "Resource" else "container resource"
    reason = "FailedGetResourceMetric" if kind == "Resource" else "FailedGetContainerResourceMetric"
    return NoMetricError(reason, f"failed to get {name} {word}: {why}", f"failed to get {name} {part} metric value: ")


def _elsewhere(metric: Obj, targeted: list[Obj]) -> NoMetricError:
    """Metrics of other servers than metrics.k8s.io: there are none."""
    kind = metric["type"]
    part = {"Pods": "pods", "Object": "object", "External": "external"}.get(kind, "")
    name = inside(metric, part, "metric").get("name", "")
    if kind == "External":
        where = namespace_of(targeted[0]) if targeted else "default"
        head = f"unable to get external metric {where}/{name}/nil: unable to fetch metrics from external metrics API: "
        why = f"{head}the server could not find the requested resource (get {name}.external.metrics.k8s.io)"
        return NoMetricError("FailedGetExternalMetric", why, f"failed to get {name} external metric value: ")
    if kind in ("Pods", "Object"):
        head = f"unable to get metric {name}: unable to fetch metrics from custom metrics API: "
        why = f"{head}the server could not find the metric {name} for {'pods' if kind == 'Pods' else 'the object'}"
        return NoMetricError(f"FailedGet{kind}Metric", why, f"failed to get {part} metric value: ")
    return NoMetricError("InvalidMetricSourceType", f'unknown metric source type "{kind}"', "")
