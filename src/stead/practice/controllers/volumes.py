"""Claims and volumes: binding, dynamic provisioning, protection while in use, and what becomes of a released volume.

Source: `pkg/controller/volume/{persistentvolume,pvcprotection}`. The provisioner of every storage class works, at once.
"""

from __future__ import annotations

from stead.practice import quantity
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, clone, deleting, each, inside, key_of, name_of, namespace_of, uid_of
from stead.practice.scheduler.storage import CLAIMS, CLASSES, NO_PROVISIONER, SELECTED_NODE, VOLUMES, fits, reaches, waits_for_node
from stead.practice.store import Change

PROTECTION = "kubernetes.io/pvc-protection"
_SOURCE = "persistentvolume-controller"


class Claims(Controller):
    name = "persistentvolume-binder"
    watches = (CLAIMS, VOLUMES, CLASSES, "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == CLAIMS:
            self.queue(change.key)
            self._release_of(change)
        elif change.resource == "pods":
            for volume in each(change.obj["spec"], "volumes"):
                if source := volume.get("persistentVolumeClaim"):
                    self.queue((change.key[0], source["claimName"]))
        else:
            for claim in self.world.store.list(CLAIMS):
                if not claim["spec"].get("volumeName"):
                    self.queue(key_of(claim))

    def _release_of(self, change: Change) -> None:
        if change.verb != "DELETED" or not (name := change.obj["spec"].get("volumeName")):
            return
        volume = self.world.store.get(VOLUMES, "", name)
        if volume is None:
            return
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self.world.store.remove(VOLUMES, ("", name))
        else:
            self.world.edit(VOLUMES, ("", name), lambda obj: obj["status"].update(phase="Released"))

    def reconcile(self, key: Key) -> None:
        claim = self.world.store.get(CLAIMS, *key)
        if claim is None:
            return
        if deleting(claim):
            self._let_go(claim)
            return
        if PROTECTION not in each(claim["metadata"], "finalizers"):
            self.world.edit(CLAIMS, key, lambda obj: obj["metadata"].update(finalizers=[*each(obj["metadata"], "finalizers"), PROTECTION]))
        if not claim["status"].get("capacity"):
            self._bind(claim)

    def _let_go(self, claim: Obj) -> None:
        if self._users(claim):
            return

        def without(obj: Obj) -> Obj:
            new = clone(obj)
            new["metadata"]["finalizers"] = [f for f in each(new["metadata"], "finalizers") if f != PROTECTION]
            return new

        self.writes.change(self.world.registry.named(CLAIMS), key_of(claim), without)

    def _users(self, claim: Obj) -> list[Obj]:
        return [
            pod
            for pod in self.world.store.list("pods", namespace_of(claim))
            if any(inside(v, "persistentVolumeClaim").get("claimName") == name_of(claim) for v in each(pod["spec"], "volumes"))
        ]

    def _waits(self, claim: Obj) -> bool:
        """Whether its class wants to know the node first, and nobody has chosen one: neither the scheduler nor who made the pod."""
        chosen = SELECTED_NODE in inside(claim["metadata"], "annotations") or claim["spec"].get("volumeName")
        return waits_for_node(self.world, claim) and not chosen and not any(p["spec"].get("nodeName") for p in self._users(claim))

    def _bind(self, claim: Obj) -> None:
        volume = None if self._waits(claim) else self._fitting(claim)
        if volume is not None:
            self._join(claim, volume)
            return
        name = claim["spec"].get("storageClassName")
        if not name:
            text = "no persistent volumes available for this claim and no storage class is set"
            self.world.events.normal(claim, _SOURCE, "FailedBinding", text)
            return
        storage = self.world.store.get(CLASSES, "", name)
        if storage is None:
            self.world.events.warning(claim, _SOURCE, "ProvisioningFailed", f'storageclass.storage.k8s.io "{name}" not found')
        elif self._waits(claim):
            text = "waiting for first consumer to be created before binding"
            self.world.events.normal(claim, _SOURCE, "WaitForFirstConsumer", text)
        elif storage["provisioner"] != NO_PROVISIONER:
            self._provision(claim, storage)

    def _fitting(self, claim: Obj) -> Obj | None:
        """The smallest volume that is free, would do, and can come to the node that was chosen (if one was)."""
        node = self.world.store.get("nodes", "", inside(claim["metadata"], "annotations").get(SELECTED_NODE, ""))
        free = (volume for volume in self.world.store.list(VOLUMES) if fits(volume, claim))
        found = [volume for volume in free if node is None or reaches(volume, node)]
        return min(found, key=lambda v: quantity.parse(v["spec"]["capacity"]["storage"]), default=None)

    def _provision(self, claim: Obj, storage: Obj) -> None:
        name = f"pvc-{uid_of(claim)}"
        spec: Obj = {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "csi": {"driver": storage["provisioner"], "volumeHandle": name},
            "accessModes": list(claim["spec"]["accessModes"]),
            "persistentVolumeReclaimPolicy": storage["reclaimPolicy"],
            "storageClassName": name_of(storage),
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
        }
        meta = {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": storage["provisioner"]}}
        self.writes.create(self.world.registry.named(VOLUMES), {"metadata": meta, "spec": spec})
        self.world.events.normal(claim, storage["provisioner"], "ProvisioningSucceeded", f"Successfully provisioned volume {name}")
        volume = self.world.store.get(VOLUMES, "", name)
        if volume is not None:
            self._join(claim, volume)

    def _join(self, claim: Obj, volume: Obj) -> None:
        reference = {"kind": "PersistentVolumeClaim", "namespace": namespace_of(claim), "name": name_of(claim), "uid": uid_of(claim),
                     "apiVersion": "v1"}  # fmt: skip

        def take(obj: Obj) -> None:
            obj["spec"]["claimRef"] = reference
            obj["status"] = {"phase": "Bound"}

        def bind(obj: Obj) -> None:
            obj["spec"]["volumeName"] = name_of(volume)
            obj["metadata"].setdefault("annotations", {})["pv.kubernetes.io/bind-completed"] = "yes"
            obj["status"] = {"phase": "Bound", "accessModes": volume["spec"]["accessModes"], "capacity": volume["spec"]["capacity"]}

        self.world.edit(VOLUMES, ("", name_of(volume)), take)
        self.world.edit(CLAIMS, key_of(claim), bind)


class FreeVolumes(Controller):
    """A volume that nobody made for a claim becomes Available."""

    name = "persistentvolume"
    watches = (VOLUMES,)

    def reconcile(self, key: Key) -> None:
        volume = self.world.store.get(VOLUMES, *key)
        if volume is not None and volume["status"].get("phase") == "Pending" and not volume["spec"].get("claimRef"):
            self.world.edit(VOLUMES, key, lambda obj: obj["status"].update(phase="Available"))
