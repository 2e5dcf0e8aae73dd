"""What every part of the practice cluster shares: the store, the engine, the names, the images, the recorder of events.

Promise: a controller reaches the cluster only through this value, so it can be built and driven alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from stead.practice import timestamps
from stead.practice.api.catalogue import BUILTIN
from stead.practice.api.resources import Registry
from stead.practice.engine import Clock, Engine
from stead.practice.events import Recorder
from stead.practice.images import Catalogue
from stead.practice.indexes import Indexes
from stead.practice.names import Names
from stead.practice.objects import Key, Obj, clone, inside
from stead.practice.store import Store

_TOPOLOGY = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")


@dataclass(slots=True)
class World:
    engine: Engine
    store: Store
    names: Names
    images: Catalogue
    indexes: Indexes
    registry: Registry
    events: Recorder
    orphan_gc: bool = True
    silent_kubelets: set[str] = field(default_factory=set[str])
    """Nodes whose kubelet does not run: the machine is off, or gone."""

    @property
    def now(self) -> datetime:
        return self.engine.now()

    @property
    def timestamp(self) -> str:
        return timestamps.seconds(self.engine.now())

    def kubelet_runs(self, node: str) -> bool:
        return node not in self.silent_kubelets and self.store.get("nodes", "", node) is not None

    def bind(self, key: Key, node: str) -> Obj | None:
        """Give a pod to a node. Since 1.35 the pod also takes over the node's zone and region labels (KEP-4742)."""
        pod = self.store.get("pods", *key)
        if pod is None:
            return None
        labels = inside((self.store.get("nodes", "", node) or {"metadata": {}})["metadata"], "labels")
        topology = {name: labels[name] for name in _TOPOLOGY if name in labels}
        meta = dict(pod["metadata"])
        if topology:
            meta["labels"] = {**inside(meta, "labels"), **topology}
        told = {"type": "PodScheduled", "observedGeneration": meta.get("generation", 1), "status": "True"}
        conditions = [{**told, "lastProbeTime": None, "lastTransitionTime": self.timestamp}]
        status = {**pod["status"], "conditions": conditions}
        return self.store.put("pods", {**pod, "metadata": meta, "spec": {**pod["spec"], "nodeName": node}, "status": status})

    def edit(self, resource: str, key: Key, change: Callable[[Obj], object]) -> Obj | None:
        """Change a copy of the stored object by `change` and put it back. None when it is gone.

        For status and metadata that controllers own; a spec is changed through `api.writes`, which counts generations.
        """
        old = self.store.get(resource, *key)
        if old is None:
            return None
        new = clone(old)
        change(new)
        return self.store.put(resource, new)


def make_world(clock: Clock, seed: int, orphan_gc: bool) -> World:
    engine, store, names = Engine(clock), Store(), Names(seed)
    return World(
        engine=engine,
        store=store,
        names=names,
        images=Catalogue(),
        indexes=Indexes(store),
        registry=Registry(BUILTIN),
        events=Recorder(engine, store, names),
        orphan_gc=orphan_gc,
    )
