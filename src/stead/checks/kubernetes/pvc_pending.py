"""A volume claim that gets no volume, or has lost the one it had."""

from __future__ import annotations

from datetime import UTC, datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import judged
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import PersistentVolumeClaim, Pod, StorageClass
from stead.estate.kubernetes.view import View

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@check(watches=[PersistentVolumeClaim, Pod, StorageClass])
def pvc_pending(claim: PersistentVolumeClaim, view: View, now: datetime) -> Finding | Progressing | None:
    """A claim is Lost (its volume is gone), or still Pending though something wants it.

    With `WaitForFirstConsumer` a claim that no pod uses, or whose pod has no node yet, waits as it is meant to.
    """
    if is_deleted(claim):
        return None
    meta = claim.metadata
    if claim.status.phase == "Lost":
        return _finding(claim, view, "VolumeLost", f"has lost its volume {claim.spec.volume_name}".rstrip(), Severity.CRITICAL)
    if claim.status.phase != "Pending":
        return None
    users = [pod for pod in view.users_of_claim(claim) if judged(pod)]
    wanted = latest(
        meta.creation_timestamp, min((p.metadata.creation_timestamp for p in users if p.metadata.creation_timestamp), default=None)
    )
    name = _class(claim)
    if name and view.missing(StorageClass, "", name) and not claim.spec.volume_name:
        finding = _finding(claim, view, "StorageClassMissing", f"asks for storage class `{name}`, which does not exist", Severity.WARNING)
        return unless_by(finding, meta.creation_timestamp, SETTLE, now)
    if name is None and not claim.spec.volume_name and _no_default(view):
        finding = _finding(claim, view, "NoDefaultClass", "asks for no storage class, and none is the default", Severity.WARNING)
        return unless_by(finding, meta.creation_timestamp, SETTLE, now)
    if _may_wait(claim, users, view):
        return None
    return unless_by(_finding(claim, view, "NotBound", "is not bound to a volume", Severity.WARNING), wanted, SETTLE, now)


def _class(claim: PersistentVolumeClaim) -> str | None:
    """The class that it asks for, "" for none at all; None where the cluster may choose. The annotation is the field's forerunner."""
    return claim.metadata.annotations.storage_class or claim.spec.storage_class_name


def _no_default(view: View) -> bool:
    return view.knows(StorageClass) and not any(found.is_default for found in view.all(StorageClass))


def _may_wait(claim: PersistentVolumeClaim, users: list[Pod], view: View) -> bool:
    """Whether Pending is what its binding mode means. Where the class is not known, a claim that nobody uses gets the benefit."""
    name = _class(claim)
    found = view.get(StorageClass, "", name) if name else _default(view) if name is None else None
    if not users:
        return found.volume_binding_mode == "WaitForFirstConsumer" if found else name != ""
    if claim.metadata.annotations.selected_node or found is None or found.volume_binding_mode != "WaitForFirstConsumer":
        return False
    return all(not pod.spec.node_name and not _wants_volume(pod) for pod in users)


def _default(view: View) -> StorageClass | None:
    """The class that a claim without one gets: the newest of the defaults (Storage classes)."""
    marked = [found for found in view.all(StorageClass) if found.is_default]
    return max(marked, key=lambda one: (one.metadata.creation_timestamp or _LONG_AGO, one.metadata.name), default=None)


def _wants_volume(pod: Pod) -> bool:
    """Whether the scheduler holds the pod back because of volumes (volume binding plugin: "… persistent volumes to bind")."""
    return any(c.type == "PodScheduled" and "persistent" in c.message.lower() for c in pod.status.conditions)


def _finding(claim: PersistentVolumeClaim, view: View, reason: str, what: str, severity: Severity) -> Finding:
    meta = claim.metadata
    name = _class(claim)
    return view.finding(
        claim,
        reason=reason,
        summary=f"claim {meta.namespace}/{meta.name} {what}",
        severity=severity,
        evidence=(
            Evidence(what="phase", value=claim.status.phase, command=kubectl_get(claim, ".status.phase")),
            Evidence(what="storage class", value="(default)" if name is None else name or "(none)", command="kubectl get storageclass"),
        ),
        depends_on=[view.named(StorageClass, "", name)] if name else [],
        since=meta.creation_timestamp,
    )
