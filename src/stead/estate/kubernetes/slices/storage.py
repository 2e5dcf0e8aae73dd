"""Claims and storage classes."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Object, Slice


class ClaimSpec(Slice, frozen=True):
    storage_class_name: str | None = None
    volume_name: str = ""


class ClaimStatus(Slice, frozen=True):
    phase: str = ""


class PersistentVolumeClaim(Object, frozen=True):
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class StorageClass(Object, frozen=True):
    provisioner: str = ""
    volume_binding_mode: str = "Immediate"
