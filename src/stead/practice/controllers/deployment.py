"""Deployments: revisions as ReplicaSets, rolled from one to the next.

Source: `pkg/controller/deployment/{deployment_controller,sync,rolling,recreate}.go`.
"""

from __future__ import annotations

from stead.practice.api.writes import Change as Meant
from stead.practice.controllers import deployment_status as told
from stead.practice.controllers import pods, replicas
from stead.practice.controllers.base import Controller
from stead.practice.controllers.replicas import DESIRED, MAXIMUM, REVISION
from stead.practice.objects import Key, Obj, clone, controlled_by, deleting, each, inside, key_of, name_of, owner_reference, uid_of
from stead.practice.store import Change

RESOURCE, SETS = "deployments.apps", "replicasets.apps"
_SOURCE = "deployment-controller"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, DESIRED, MAXIMUM, "deprecated.deployment.rollback.to")


class Deployments(Controller):
    name = "deployment"
    watches = (RESOURCE, SETS, "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == SETS:
            self.queue_owner(change, "Deployment")
        elif change.resource == RESOURCE and change.verb != "DELETED":
            self.queue(change.key)
        elif change.resource == "pods" and change.verb == "DELETED":
            self._queue_waiting(change)

    def _queue_waiting(self, change: Change) -> None:
        """A Recreate waits until the last old pod is gone."""
        for owner in each(change.obj["metadata"], "ownerReferences"):
            owning = self.world.store.get(SETS, change.key[0], owner["name"])
            for top in each(owning or {}, "metadata", "ownerReferences"):
                self.queue((change.key[0], top["name"]))

    def reconcile(self, key: Key) -> None:
        deployment = self.world.store.get(RESOURCE, *key)
        if deployment is None:
            return
        sets = self._sets(deployment)
        if deleting(deployment):
            self._tell(deployment, self._find_new(deployment, sets), sets)
            return
        self._act(deployment, sets)
        deployment = self.world.store.get(RESOURCE, *key) or deployment
        sets = self._sets(deployment)
        self._tell(deployment, self._find_new(deployment, sets), sets)
        self._forget_old(deployment, sets)

    def _act(self, deployment: Obj, sets: list[Obj]) -> None:
        if deployment["spec"].get("paused"):
            self._spread(deployment, self._find_new(deployment, sets), sets)
            return
        if deployment["spec"]["strategy"]["type"] == "Recreate" and not self._old_are_gone(deployment, sets):
            return
        new = self._new_set(deployment, sets)
        sets = self._sets(deployment)
        if self._was_scaled(deployment, sets):
            self._spread(deployment, new, sets)
        else:
            self._roll(deployment, new, sets)

    def _sets(self, deployment: Obj) -> list[Obj]:
        dependents = self.world.indexes.dependents(uid_of(deployment))
        found = [self.world.store.get(SETS, *key) for resource, key in dependents if resource == SETS]
        return [rs for rs in found if rs is not None and controlled_by(rs, deployment)]

    def _find_new(self, deployment: Obj, sets: list[Obj]) -> Obj | None:
        return next((rs for rs in replicas.oldest_first(sets) if replicas.same_template(rs, deployment)), None)

    def _new_set(self, deployment: Obj, sets: list[Obj]) -> Obj:
        new = self._find_new(deployment, sets)
        before = max((replicas.revision(rs) for rs in sets if rs is not new), default=0)
        revision = str(before + 1)
        if new is None:
            new = self._make_set(deployment, sets, revision)
        elif replicas.revision(new) < before + 1:
            new = self._annotate(new, {REVISION: revision})
        self._note_revision(deployment, annotation=new["metadata"]["annotations"][REVISION])
        return new

    def _note_revision(self, deployment: Obj, annotation: str) -> None:
        def note(obj: Obj) -> None:
            obj["metadata"].setdefault("annotations", {})[REVISION] = annotation

        self.world.edit(RESOURCE, key_of(deployment), note)

    def _make_set(self, deployment: Obj, sets: list[Obj], revision: str) -> Obj:
        spec, code = deployment["spec"], replicas.hash_of(deployment)
        copied = inside(deployment["metadata"], "annotations")
        template = replicas.labelled(clone(spec["template"]), code)
        selector = clone(spec["selector"])
        selector["matchLabels"] = {**inside(selector, "matchLabels"), replicas.HASH: code}
        size = replicas.new_size(deployment, sets, 0)
        obj: Obj = {
            "metadata": {
                "name": f"{name_of(deployment)}-{code}",
                "labels": dict(template["metadata"]["labels"]),
                "annotations": {
                    **{name: value for name, value in copied.items() if name not in _NOT_COPIED},
                    **self._sizes(deployment),
                    REVISION: revision,
                },
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {"replicas": size, "selector": selector, "template": template},
        }
        if spec.get("minReadySeconds"):
            obj["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        made = self.writes.create(self.world.registry.named(SETS), obj, deployment["metadata"]["namespace"])
        told.note_created(self.world, deployment, made)
        if size:
            self._say_scaled(deployment, made, 0, size)
        return made

    def _sizes(self, deployment: Obj) -> dict[str, str]:
        surge, _ = replicas.bounds(deployment)
        wanted = deployment["spec"]["replicas"]
        return {DESIRED: str(wanted), MAXIMUM: str(wanted + surge)}

    def _annotate(self, rs: Obj, values: dict[str, str]) -> Obj:
        def note(obj: Obj) -> None:
            obj["metadata"].setdefault("annotations", {}).update(values)

        return self.world.edit(SETS, key_of(rs), note) or rs

    def _scale(self, deployment: Obj, rs: Obj, size: int) -> None:
        before = replicas.wanted(rs)
        self._annotate(rs, self._sizes(deployment))
        if before == size:
            return

        def resize(obj: Obj) -> Obj:
            new = clone(obj)
            new["spec"]["replicas"] = size
            return new

        self.writes.change(self.world.registry.named(SETS), key_of(rs), resize, Meant())
        self._say_scaled(deployment, rs, before, size)

    def _say_scaled(self, deployment: Obj, rs: Obj, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        message = f"Scaled {way} replica set {name_of(rs)} from {before} to {after}"
        self.world.events.normal(deployment, _SOURCE, "ScalingReplicaSet", message)

    def _was_scaled(self, deployment: Obj, sets: list[Obj]) -> bool:
        wanted = str(deployment["spec"]["replicas"])
        running = [rs for rs in sets if replicas.wanted(rs) > 0]
        return any(inside(rs["metadata"], "annotations").get(DESIRED, wanted) != wanted for rs in running)

    def _spread(self, deployment: Obj, new: Obj | None, sets: list[Obj]) -> None:
        """Carry out a change of `spec.replicas`, which is not a rollout."""
        running = [rs for rs in sets if replicas.wanted(rs) > 0]
        if len(running) <= 1:
            only = running[0] if running else new or (max(sets, key=replicas.revision) if sets else None)
            if only is not None:
                self._scale(deployment, only, deployment["spec"]["replicas"])
            return
        sizes = replicas.proportional(deployment, running)
        for rs in running:
            self._scale(deployment, rs, sizes[name_of(rs)])

    def _roll(self, deployment: Obj, new: Obj, sets: list[Obj]) -> None:
        new = self.world.store.get(SETS, *key_of(new)) or new
        target = deployment["spec"]["replicas"]
        if replicas.wanted(new) != target:
            bigger = replicas.new_size(deployment, sets, replicas.wanted(new))
            size = target if replicas.wanted(new) > target else bigger
            if size != replicas.wanted(new):
                self._scale(deployment, new, size)
                return
        old = [rs for rs in sets if name_of(rs) != name_of(new)]
        for name, size in replicas.reductions(deployment, new, old).items():
            self._scale(deployment, next(rs for rs in old if name_of(rs) == name), size)

    def _old_are_gone(self, deployment: Obj, sets: list[Obj]) -> bool:
        """Recreate: shrink what is old; the new ReplicaSet is not even made before the last old pod is gone."""
        old = [rs for rs in sets if not replicas.same_template(rs, deployment)]
        for rs in old:
            if replicas.wanted(rs):
                self._scale(deployment, rs, 0)
        left = [pod for rs in old for pod in self.world.indexes.pods_of(uid_of(rs))]
        return not [pod for pod in left if pods.phase(pod) not in ("Succeeded", "Failed")]

    def _tell(self, deployment: Obj, new: Obj | None, sets: list[Obj]) -> None:
        status = told.status(self.world, deployment, new, sets)
        self.put_status(RESOURCE, deployment, status)
        due = told.deadline(deployment, status)
        if due is not None:
            self.world.engine.at(due, self, key_of(deployment))

    def _forget_old(self, deployment: Obj, sets: list[Obj]) -> None:
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [
            rs for rs in sets if not replicas.same_template(rs, deployment) and not replicas.wanted(rs) and not rs["status"].get("replicas")
        ]
        for rs in sorted(idle, key=replicas.revision)[: max(0, len(idle) - limit)]:
            if not deleting(rs):
                self.deletes.delete(self.world.registry.named(SETS), key_of(rs))
