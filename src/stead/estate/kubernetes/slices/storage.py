"""Claims, volumes, and what attaches them."""

from __future__ import annotations

from msgspec import field

from stead.estate.kubernetes.slices.meta import Conditions, Expression, Named, Object, Slice, Time


class ClaimSpec(Slice, frozen=True):
    storage_class_name: str | None = None
    volume_name: str = ""


class ModifyStatus(Slice, frozen=True):
    """Of a change to another VolumeAttributesClass."""

    status: str = ""
    target_volume_attributes_class_name: str = ""


class ClaimStatus(Slice, frozen=True):
    phase: str = ""
    conditions: Conditions = ()
    allocated_resource_statuses: dict[str, str] = field(default_factory=dict[str, str])
    modify_volume_status: ModifyStatus | None = None


class PersistentVolumeClaim(Object, frozen=True):
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class StorageClass(Object, frozen=True):
    provisioner: str = ""
    volume_binding_mode: str = "Immediate"

    @property
    def is_default(self) -> bool:
        notes = self.metadata.annotations
        return "true" in (notes.default_storage, notes.default_storage_beta)


class CsiVolume(Slice, frozen=True):
    driver: str = ""


class NodeTerm(Slice, frozen=True):
    match_expressions: tuple[Expression, ...] = ()


class NodeSelector(Slice, frozen=True):
    """Terms are alternatives; the expressions of a term must all hold."""

    node_selector_terms: tuple[NodeTerm, ...] = ()


class VolumeAffinity(Slice, frozen=True):
    required: NodeSelector | None = None


class VolumeSpec(Slice, frozen=True):
    claim_ref: Named | None = None
    persistent_volume_reclaim_policy: str = "Retain"
    csi: CsiVolume | None = None
    node_affinity: VolumeAffinity | None = None


class VolumeStatus(Slice, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    last_phase_transition_time: Time | None = None


class PersistentVolume(Object, frozen=True):
    spec: VolumeSpec = VolumeSpec()
    status: VolumeStatus = VolumeStatus()


class VolumeError(Slice, frozen=True):
    time: Time | None = None
    message: str = ""


class AttachmentSource(Slice, frozen=True):
    persistent_volume_name: str = ""


class AttachmentSpec(Slice, frozen=True):
    attacher: str = ""
    node_name: str = ""
    source: AttachmentSource = AttachmentSource()


class AttachmentStatus(Slice, frozen=True):
    attached: bool = False
    attach_error: VolumeError | None = None
    detach_error: VolumeError | None = None


class VolumeAttachment(Object, frozen=True):
    spec: AttachmentSpec = AttachmentSpec()
    status: AttachmentStatus = AttachmentStatus()


class CsiDriverOnNode(Slice, frozen=True):
    name: str = ""


class CsiNodeSpec(Slice, frozen=True):
    drivers: tuple[CsiDriverOnNode, ...] = ()


class CSINode(Object, frozen=True):
    """Which CSI drivers have registered on the node of its name."""

    spec: CsiNodeSpec = CsiNodeSpec()
