"""A volume that nobody uses any more and that is kept."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass
from stead.estate.kubernetes.slices import PersistentVolume
from stead.estate.kubernetes.view import View


@check(watches=[PersistentVolume], class_=FindingClass.HYGIENE)
def pv_released(volume: PersistentVolume, view: View, now: datetime) -> Finding | None:  # noqa: ARG001 - it is kept until somebody comes
    """A PersistentVolume is Released and kept (policy Retain): its claim is gone, and its data takes up room until a person decides."""
    if is_deleted(volume) or volume.status.phase != "Released" or volume.spec.persistent_volume_reclaim_policy != "Retain":
        return None
    claim = volume.spec.claim_ref
    of = f" of {claim.namespace}/{claim.name}" if claim is not None and claim.name else ""
    return opinion(volume, view, "Released", f"is kept after its claim{of} was deleted", ("phase", "Released", ".status.phase"))
