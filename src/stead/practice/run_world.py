"""The cluster of one scenario: built, aged, broken and put right by the scenario's own steps, in the cluster's time."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.practice import house
from stead.practice.api import patches
from stead.practice.api.errors import ApiError
from stead.practice.cluster import PracticeCluster
from stead.practice.objects import Obj, clone, key_of
from stead.practice.scenario import Scenario
from stead.practice.scenario_steps import Delete, Moment, NodeOf, Patch, Step, Told
from stead.practice.scenario_words import Predicate, Ref, namespaces_in

BEGAN = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
"""A Monday, three in the morning: when such things happen."""

RESTED = timedelta(minutes=5)
"""How long a cluster stands before Stead looks at it: longer than every pod takes to be ready."""

NODES = ("node-1", "node-2", "node-3")


@dataclass
class World:
    """A cluster with its clock, and what the scenario says of it."""

    scenario: Scenario
    clock: SteppedClock
    cluster: PracticeCluster
    _told: int = field(default=0)

    @classmethod
    async def open(cls, scenario: Scenario, folder: Path, *, serve: bool = True, began: datetime = BEGAN) -> World:
        """Build it and let it come to rest. It listens when it should `serve`; whoever opens it stops `cluster`."""
        clock = SteppedClock(began)
        world = cls(scenario, clock, PracticeCluster(clock, seed=7, orphan_gc=False))
        if serve:
            await world.cluster.start(folder / "cluster")
            world.cluster.kubeconfig("admin")
        try:
            await world._furnish()
        except BaseException:
            await world.cluster.stop()
            raise
        return world

    async def _furnish(self) -> None:
        around = self.scenario.around
        for images in (*(one.images for one in around), self.scenario.images):
            for name, image in images.items():
                self.cluster.image(name, image)
        if self.scenario.estate.base == "house":
            await house.furnish(self.cluster)
        elif self.scenario.estate.base == "nodes":
            for node in NODES:
                self.cluster.add_node(node)
        await self.cluster.settle()
        with self._told_by("its estate cannot be built"):
            self._apply(self.scenario.estate.objects)
        await self.let_pass(RESTED)
        # After the scenario's own, which thus get the nodes that they would get without them.
        for one in sorted(around, key=lambda one: one.past, reverse=True):
            with self._told_by("its neighbours cannot be built"):
                self._apply(one.objects)
            await self.do_all(one.steps)
        await self.do_all(self.scenario.estate.steps)
        await self.let_pass(RESTED)

    async def let_pass(self, span: timedelta) -> None:
        """Let time pass, from due time to due time."""
        end = self.clock.now() + span
        while True:
            await self.cluster.settle()
            due = self.cluster.next_due()
            if due is None or due > end:
                break
            self.clock.advance_to(max(due, self.clock.now()))
        self.clock.advance_to(max(end, self.clock.now()))
        await self.cluster.settle()

    async def do_all(self, steps: Sequence[Step]) -> None:
        """One after another, waiting where they say so."""
        for step in steps:
            if step.wait is not None:
                await self.let_pass(step.wait)
            else:
                self.do(step)
                await self.cluster.settle()

    async def play(self, moments: Iterable[Moment], until: timedelta) -> None:
        """What happens in the time from now to `until` from now."""
        began = self.clock.now()
        for at, step in timeline(moments):
            await self.let_pass(max(timedelta(), began + at - self.clock.now()))
            self.do(step)
            await self.cluster.settle()
        await self.let_pass(max(timedelta(), began + until - self.clock.now()))

    def do(self, step: Step) -> None:
        """One step that takes no time. UserError when the cluster has not what it names, or refuses it."""
        with self._told_by(f"the step `{step.verb}` cannot be done"):
            self._do(step)

    @contextlib.contextmanager
    def _told_by(self, what: str) -> Generator[None]:
        try:
            yield
        except (KeyError, ApiError) as error:
            said = str(error.args[0]) if error.args else str(error)
            raise UserError(f"scenario {self.scenario.name}: {what}: {said}", hint="correct it") from error

    def _do(self, step: Step) -> None:
        if step.apply is not None:
            self._apply(step.apply)
        elif step.patch is not None:
            self._patch(step.patch)
        elif step.delete is not None:
            self._delete(step.delete)
        elif step.restart is not None:
            self._restart(step.restart)
        elif step.event is not None:
            self._tell(step.event)
        elif step.add_node is not None:
            node = step.add_node
            self.cluster.add_node(
                node.name,
                cpu=node.cpu,
                memory=node.memory,
                pods=node.pods,
                labels=node.labels,
                taints=[dict(taint) for taint in node.taints],
            )
        elif step.image is not None:
            for name, image in step.image.items():
                self.cluster.image(name, image)
        else:
            self._node(step)

    def _node(self, step: Step) -> None:
        if step.fail_node is not None:
            self.cluster.fail_node(self._node_name(step.fail_node))
        elif step.restore_node is not None:
            self.cluster.restore_node(self._node_name(step.restore_node))
        elif step.remove_node is not None:
            self.cluster.remove_node(self._node_name(step.remove_node))

    def _node_name(self, said: str | NodeOf) -> str:
        if isinstance(said, str):
            return said
        names = [pod["spec"].get("nodeName", "") for pod in self.matching(said.node_of)]
        if not names or not names[0]:
            raise KeyError(f"no pod on a node is called {said.node_of}")
        return names[0]

    def _apply(self, manifests: Sequence[Obj]) -> None:
        for namespace in namespaces_in(tuple(manifests)):
            if self.cluster.get("Namespace", "", namespace) is None:
                self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for manifest in manifests:
            self.cluster.apply(manifest)

    def _patch(self, patch: Patch) -> None:
        custom = "." in patch.object.kind and patch.object.kind.endswith(".io") and not patch.object.kind.endswith(".k8s.io")

        def change(obj: Obj) -> None:
            new = patches.merge(obj, patch.change) if custom else patches.strategic(obj, patch.change)
            obj.clear()
            obj.update(new)

        for key in self._keys(patch.object):
            self.cluster.edit(patch.object.kind, *key, change, subresource=patch.subresource)

    def _delete(self, delete: Delete) -> None:
        for key in self._keys(delete.object):
            self.cluster.delete(delete.object.kind, *key, grace_seconds=delete.grace_seconds, propagation=delete.propagation)

    def _restart(self, ref: Ref) -> None:
        stamp = self.clock.now().isoformat()

        def change(obj: Obj) -> None:
            meta = obj["spec"]["template"].setdefault("metadata", {})
            meta.setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = stamp

        for key in self._keys(ref):
            self.cluster.edit(ref.kind, *key, change)

    def _tell(self, told: Told) -> None:
        for obj in self._objects(told.about):
            self._told += 1
            stamp = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            namespace = obj["metadata"].get("namespace", "default")
            about = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"]}
            self.cluster.apply(
                {
                    "apiVersion": "v1",
                    "kind": "Event",
                    "metadata": {"name": f"{obj['metadata']['name']}.told-{self._told}", "namespace": namespace},
                    "involvedObject": {**about, "namespace": obj["metadata"].get("namespace", "")},
                    "type": told.type,
                    "reason": told.reason,
                    "message": told.message,
                    "count": 1,
                    "source": {"component": "practice"},
                    "firstTimestamp": stamp,
                    "lastTimestamp": stamp,
                }
            )

    def matching(self, ref: Ref) -> list[Obj]:
        """The objects that `ref` stands for; none where there are none."""
        if not ref.pattern:
            found = self.cluster.get(ref.kind, ref.namespace, ref.name)
            return [] if found is None else [found]
        bare = ref.bare_kind
        return [obj for obj in self.cluster.list(ref.kind) if Ref(bare, ref.namespace, ref.name).covers(bare, *key_of(obj))]

    def _objects(self, ref: Ref) -> list[Obj]:
        found = self.matching(ref)
        if not found:
            raise KeyError(f"there is no {ref}")
        return [clone(obj) for obj in found]

    def _keys(self, ref: Ref) -> list[tuple[str, str]]:
        return [key_of(obj) for obj in self._objects(ref)]

    def holds(self, predicate: Predicate) -> bool:
        try:
            return predicate.holds(self.matching(predicate.object))
        except KeyError:
            return predicate.holds([])  # a custom kind that is not served (yet)

    def solved(self) -> bool:
        return all(self.holds(predicate) for predicate in self.scenario.solved)


def timeline(moments: Iterable[Moment]) -> list[tuple[timedelta, Step]]:
    """The steps with their times, in order; waits are in the times."""
    steps: list[tuple[timedelta, Step]] = []
    for moment in moments:
        at = moment.at
        for step in moment.steps:
            if step.wait is not None:
                at += step.wait
            else:
                steps.append((at, step))
    return sorted(steps, key=lambda timed: timed[0])
