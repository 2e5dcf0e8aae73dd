"""An object that should be gone and that finalizers keep."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import kubectl_get, unless_by
from stead.checks.kubernetes.pods import judged
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import (
    CronJob,
    CustomResourceDefinition,
    DaemonSet,
    Deployment,
    Ingress,
    Job,
    Namespace,
    Object,
    PersistentVolume,
    PersistentVolumeClaim,
    Pod,
    Service,
    StatefulSet,
    VolumeAttachment,
)
from stead.estate.kubernetes.view import View

WAIT = timedelta(minutes=15)
"""Dependents are deleted, volumes detached and load balancers taken down within minutes."""

WAITS_FOR_USERS = frozenset({"kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"})
"""These hold what is still in use, for as long as it is (Storage object in use protection): as it is meant to be."""

KINDS = (
    PersistentVolumeClaim,
    PersistentVolume,
    VolumeAttachment,
    Service,
    Ingress,
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    CustomResourceDefinition,
)


def _stays(obj: Object) -> bool:
    return obj.metadata.deletion_timestamp is None


@check(watches=[*KINDS, Pod, Namespace], of=KINDS, unless=_stays)
def stuck_terminating(obj: Object, view: View, now: datetime) -> Finding | Progressing | None:
    """An object was deleted more than fifteen minutes ago and is still there: its finalizers wait for a controller that does not come.

    A claim that a pod still mounts, and a volume that a claim still holds, wait for that on purpose. Pods and namespaces have checks of
    their own.
    """
    meta, kind = obj.metadata, kind_of(type(obj))
    if meta.deletion_timestamp is None or _is_in_use(obj, view):
        return None
    held = ", ".join(meta.finalizers)
    finding = view.finding(
        obj,
        reason="Finalizers" if held else "NotFinished",
        summary=f"{kind.kind.lower()} {view.subject(obj).path} is stuck Terminating: "
        + (f"finalizers hold it ({held})" if held else "nothing says why"),
        evidence=(
            Evidence(
                what="deletionTimestamp", value=meta.deletion_timestamp.isoformat(), command=kubectl_get(obj, ".metadata.deletionTimestamp")
            ),
            Evidence(what="finalizers", value=held or "(none)", command=kubectl_get(obj, ".metadata.finalizers")),
        ),
        depends_on=[view.named(Namespace, "", meta.namespace)] if meta.namespace else [],
        since=meta.deletion_timestamp,
    )
    return unless_by(finding, meta.deletion_timestamp, WAIT, now)


def _is_in_use(obj: Object, view: View) -> bool:
    """Whether it is only kept for those that use it, as far as can be seen."""
    if not obj.metadata.finalizers or not WAITS_FOR_USERS.issuperset(obj.metadata.finalizers):
        return False
    if isinstance(obj, PersistentVolumeClaim):
        return not view.knows(Pod) or any(judged(pod) or pod.metadata.deletion_timestamp for pod in view.users_of_claim(obj))
    if isinstance(obj, PersistentVolume):
        claim = obj.spec.claim_ref
        return obj.status.phase == "Bound" and not (claim and view.missing(PersistentVolumeClaim, claim.namespace, claim.name))
    return False
