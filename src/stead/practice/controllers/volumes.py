"""Claims and volumes: binding, dynamic provisioning, protection while in use, and what becomes of a released volume.

Source: `pkg/controller/volume/{persistentvolume,pvcprotection}`. The provisioner of every storage class works, at once.
"""

from __future__ import annotations

from stead.practice import quantity
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, clone, deleting, each, inside, key_of, name_of, namespace_of, uid_of
from stead.practice.store import Change

CLAIMS, VOLUMES, CLASSES = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"
PROTECTION = "kubernetes.io/pvc-protection"
_SOURCE = "persistentvolume-controller"
_NO_PROVISIONER = "kubernetes.io/no-provisioner"


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

    def _bind(self, claim: Obj) -> None:
        volume = self._fitting(claim)
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
        elif storage["volumeBindingMode"] == "WaitForFirstConsumer" and not any(p["spec"].get("nodeName") for p in self._users(claim)):
            text = "waiting for first consumer to be created before binding"
            self.world.events.normal(claim, _SOURCE, "WaitForFirstConsumer", text)
        elif storage["provisioner"] != _NO_PROVISIONER:
            self._provision(claim, storage)

    def _fitting(self, claim: Obj) -> Obj | None:
        wanted = claim["spec"].get("volumeName")
        asked = quantity.parse(claim["spec"]["resources"]["requests"]["storage"])
        found = [
            volume
            for volume in self.world.store.list(VOLUMES)
            if (name_of(volume) == wanted if wanted else self._free(volume, claim))
            and quantity.parse(volume["spec"]["capacity"]["storage"]) >= asked
        ]
        return min(found, key=lambda v: quantity.parse(v["spec"]["capacity"]["storage"]), default=None)

    def _free(self, volume: Obj, claim: Obj) -> bool:
        reference = volume["spec"].get("claimRef")
        mine = reference and (reference.get("namespace"), reference.get("name")) == (namespace_of(claim), name_of(claim))
        if reference and not mine:
            return False
        same_class = (volume["spec"].get("storageClassName") or "") == (claim["spec"].get("storageClassName") or "")
        modes = set(claim["spec"]["accessModes"]) <= set(each(volume["spec"], "accessModes"))
        return same_class and modes and volume["status"].get("phase") in ("Available", "Pending")

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
