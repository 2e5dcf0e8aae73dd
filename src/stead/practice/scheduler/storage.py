"""Claims, and where their volumes can go: VolumeRestrictions, VolumeBinding, VolumeZone.

Source: `pkg/scheduler/framework/plugins/volume{restrictions,binding,zone}` of 1.36.
"""

from __future__ import annotations

from collections.abc import Iterator

from stead.practice import quantity
from stead.practice.objects import Obj, deleting, each, inside, labels_of, name_of, namespace_of, uid_of
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.room import Misfit
from stead.practice.scheduler.terms import node_matches
from stead.practice.world import World

CLAIMS, VOLUMES, CLASSES = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
NO_PROVISIONER = "kubernetes.io/no-provisioner"
_ZONES = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_ONE_POD_ONLY = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"


def claim_names(pod: Obj) -> Iterator[str]:
    """The claims that a pod uses; that of an ephemeral volume is named after both."""
    for volume in each(pod["spec"], "volumes"):
        if source := volume.get("persistentVolumeClaim"):
            yield source["claimName"]
        elif volume.get("ephemeral"):
            yield f"{name_of(pod)}-{volume['name']}"


def waits_for_node(world: World, claim: Obj) -> bool:
    """Whether the class of the claim binds only when a node is chosen."""
    storage = world.store.get(CLASSES, "", claim["spec"].get("storageClassName") or "")
    return (storage or {}).get("volumeBindingMode") == "WaitForFirstConsumer"


def reaches(volume: Obj, node: Obj) -> bool:
    """Whether the volume's own node affinity lets it go to the node."""
    required = inside(volume["spec"], "nodeAffinity").get("required")
    return required is None or node_matches(required, node)


def fits(volume: Obj, claim: Obj) -> bool:
    """Whether a volume that is free would do for the claim: its class, its modes, its size, its name if one was asked for."""
    spec, wanted = volume["spec"], claim["spec"]
    reference = spec.get("claimRef")
    if reference and (reference.get("namespace"), reference.get("name")) != (namespace_of(claim), name_of(claim)):
        return False
    if reference and reference.get("uid") not in (None, "", uid_of(claim)):
        return False
    if wanted.get("volumeName") not in (None, "", name_of(volume)):
        return False
    same_class = (spec.get("storageClassName") or "") == (wanted.get("storageClassName") or "")
    modes = set(wanted["accessModes"]) <= set(each(spec, "accessModes"))
    asked = quantity.parse(wanted["resources"]["requests"]["storage"])
    big = quantity.parse(inside(spec, "capacity").get("storage", 0)) >= asked
    return same_class and modes and big and inside(volume, "status").get("phase") in ("Available", "Pending")


class Storage:
    """What is known of one pod's claims before the nodes are asked."""

    def __init__(self, board: Board, pod: Obj) -> None:
        self._world = board.world
        self.bound: list[Obj | None] = []
        self.waiting: list[Obj] = []
        self.problem = ""
        """Why no node can take it, whichever it is (the plugins' PreFilter)."""
        claims = [(name, self._world.store.get(CLAIMS, namespace_of(pod), name)) for name in claim_names(pod)]
        for name, claim in claims:
            self.problem = self.problem or self._sort(name, claim)
        alone = {name for name, claim in claims if claim and "ReadWriteOncePod" in each(claim["spec"], "accessModes")}
        self._taken = bool(alone) and any(
            namespace_of(other) == namespace_of(pod) and alone & set(claim_names(other)) for other, _ in board.placed()
        )

    @property
    def asks(self) -> bool:
        """Whether the pod has a claim that a node could be wrong for."""
        return bool(self.bound or self.waiting or self._taken)

    def _sort(self, name: str, claim: Obj | None) -> str:
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if deleting(claim):
            return f'persistentvolumeclaim "{name}" is being deleted'
        volume = claim["spec"].get("volumeName")
        if inside(claim, "status").get("phase") == "Lost":
            return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
        if inside(claim, "status").get("phase") == "Bound":
            self.bound.append(self._world.store.get(VOLUMES, "", volume or ""))
        elif waits_for_node(self._world, claim) and not volume:
            self.waiting.append(claim)
        else:
            return "pod has unbound immediate PersistentVolumeClaims"
        return ""

    def misfits(self, node: Obj) -> list[Misfit]:
        if self._taken:
            return [Misfit(_ONE_POD_ONLY, False)]
        return self._binding(node) or self._zone(node)

    def _binding(self, node: Obj) -> list[Misfit]:
        if any(volume is None for volume in self.bound):
            return [Misfit("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)", True)]
        found: list[Misfit] = []
        if not all(reaches(volume, node) for volume in self.bound if volume is not None):
            found.append(Misfit("node(s) didn't match PersistentVolume's node affinity", True))
        if not all(self._can_have(claim, node) for claim in self.waiting):
            found.append(Misfit("node(s) didn't find available persistent volumes to bind", True))
        return found

    def _can_have(self, claim: Obj, node: Obj) -> bool:
        """A volume that is there, or one that the class would make for this node."""
        selected = inside(claim["metadata"], "annotations").get(SELECTED_NODE)
        if selected:
            return selected == name_of(node)
        if any(fits(volume, claim) and reaches(volume, node) for volume in self._world.store.list(VOLUMES)):
            return True
        storage = self._world.store.get(CLASSES, "", claim["spec"].get("storageClassName") or "") or {}
        return storage.get("provisioner") != NO_PROVISIONER and _allowed(storage, node)

    def _zone(self, node: Obj) -> list[Misfit]:
        here = labels_of(node)
        for volume in self.bound:
            there = labels_of(volume) if volume else {}
            if any(zone in here and here[zone] not in there[zone].split("__") for zone in _ZONES if zone in there):
                return [Misfit("node(s) had no available volume zone", True)]
        return []


def _allowed(storage: Obj, node: Obj) -> bool:
    """Whether the class makes volumes for the node (`allowedTopologies`)."""
    terms = each(storage, "allowedTopologies")
    labels = labels_of(node)
    return not terms or any(all(labels.get(e["key"]) in each(e, "values") for e in each(term, "matchLabelExpressions")) for term in terms)
