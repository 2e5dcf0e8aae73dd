"""`metrics.k8s.io`: what pods and nodes use, worked out at the moment of asking from what runs and what its images say.

Promise: as with the real metrics-server, a container has figures from its second scrape on, and a node that does not answer has none.
Source: `sigs.k8s.io/metrics-server` (`--metric-resolution=15s`; cpu in nanocores, memory in KiB).
"""

from __future__ import annotations

from datetime import timedelta

from stead.practice import quantity, timestamps
from stead.practice.api.lists import Filter, Page
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each, inside, labels_of, name_of, namespace_of
from stead.practice.store import Entry
from stead.practice.world import World

GROUP = "metrics.k8s.io"
_RESOLUTION = timedelta(seconds=15)
_WINDOW = "15s"
_SYSTEM = (120, 640 * 2**20)
"""What a node uses before the first pod (kubelet, runtime, system): milli-CPU and bytes, as an idle small server shows them."""
_SMALL = 24 * 2**20
"""Bytes of a container whose image does not say: an idle small service."""


def page(world: World, resource: Resource, wanted: Filter) -> Page:
    """The metrics of the pods, or of the nodes, that are wanted, in the order of their names, all in one page."""
    make = _of_node if resource.plural == "nodes" else _of_pod
    found = (make(world, obj) for obj in world.store.list(resource.plural, wanted.namespace))
    entries = (Entry(metrics, world.store.version) for metrics in found if metrics is not None)
    return Page([entry for entry in entries if wanted.matches(entry)], world.store.version)


def entry(world: World, resource: Resource, namespace: str, name: str) -> Entry | None:
    """The metrics of one of them; None when there is none, or no figures of it yet."""
    obj = world.store.get(resource.plural, namespace, name)
    if obj is None:
        return None
    metrics = _of_node(world, obj) if resource.plural == "nodes" else _of_pod(world, obj)
    return Entry(metrics, world.store.version) if metrics is not None else None


def _of_pod(world: World, pod: Obj) -> Obj | None:
    containers = _containers(world, pod)
    if not containers or not world.kubelet_runs(pod["spec"].get("nodeName", "")):
        return None
    shown = [{"name": name, "usage": _usage(*used)} for name, used in containers]
    return {**_head(world, "PodMetrics", pod), "containers": shown}


def _of_node(world: World, node: Obj) -> Obj | None:
    if not world.kubelet_runs(name_of(node)):
        return None
    cpu, memory = _SYSTEM
    for pod in world.indexes.pods_on(name_of(node)):
        for _, used in _containers(world, pod):
            cpu, memory = cpu + used[0], memory + used[1]
    return {**_head(world, "NodeMetrics", node), "usage": _usage(cpu, memory)}


def _containers(world: World, pod: Obj) -> list[tuple[str, tuple[int, int]]]:
    """Each container that has run for long enough, with its milli-CPU and its bytes."""
    since = world.now - _RESOLUTION
    images = {container["name"]: container for container in pod["spec"]["containers"]}
    found: list[tuple[str, tuple[int, int]]] = []
    for status in each(pod, "status", "containerStatuses"):
        started = inside(status, "state", "running").get("startedAt")
        if started and timestamps.parse(started) <= since and status["name"] in images:
            found.append((status["name"], _used(world, images[status["name"]])))
    return found


def _used(world: World, container: Obj) -> tuple[int, int]:
    image = world.images.of(container["image"])
    limits = inside(container, "resources", "limits")
    cpu, memory = image.cpu_millis, image.memory_bytes or _SMALL
    if "cpu" in limits:
        cpu = min(cpu, quantity.milli(limits["cpu"]))  # throttled
    if "memory" in limits:
        memory = min(memory, quantity.whole(limits["memory"]))
    return cpu, memory


def _usage(cpu: int, memory: int) -> Obj:
    return {"cpu": f"{cpu * 1_000_000}n", "memory": f"{memory // 1024}Ki"}


def _head(world: World, kind: str, obj: Obj) -> Obj:
    meta: Obj = {"name": name_of(obj)}
    if namespace_of(obj):
        meta["namespace"] = namespace_of(obj)
    meta["creationTimestamp"] = world.timestamp
    if labels_of(obj):
        meta["labels"] = labels_of(obj)
    return {"kind": kind, "apiVersion": f"{GROUP}/v1beta1", "metadata": meta, "timestamp": world.timestamp, "window": _WINDOW}
