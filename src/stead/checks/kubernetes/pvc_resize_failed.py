"""A claim whose change of size or class does not come about."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, SETTLE, after, condition, condition_seen, kubectl_get, unless_by
from stead.checks.kubernetes.pods import judged
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Condition, PersistentVolume, PersistentVolumeClaim, Pod
from stead.estate.kubernetes.view import View

RESIZE_WITHIN = timedelta(minutes=30)
"""A driver may copy or check a file system on the way."""

ERRORS = {
    "ControllerResizeError": "its driver cannot grow the volume",
    "NodeResizeError": "its file system cannot be grown",
    "ModifyVolumeError": "its driver cannot change the volume's class",
}
SLOW = {
    "Resizing": "its volume has been growing for half an hour",
    "FileSystemResizePending": "its volume has grown, and its file system waits for the node to grow it",
}
"""Conditions of a claim (API reference, PersistentVolumeClaimCondition)."""


@check(watches=[PersistentVolumeClaim, Pod])
def pvc_resize_failed(claim: PersistentVolumeClaim, view: View, now: datetime) -> Finding | Progressing | None:
    """A claim was asked to grow or to change its class, and the driver fails, refuses (Infeasible), waits for a class that is not there
    (ClassPending), or has not done it in half an hour.

    A file system that waits to be grown while no pod mounts it waits as it is meant to.
    """
    status = claim.status
    if is_deleted(claim):
        return None
    refused = sorted(f"{resource}: {word}" for resource, word in status.allocated_resource_statuses.items() if word.endswith("Infeasible"))
    if refused:
        return _finding(claim, view, "Infeasible", "its driver refuses the new size", ", ".join(refused), None)
    modified = status.modify_volume_status
    if modified is not None and modified.status == "Infeasible":
        wanted = modified.target_volume_attributes_class_name
        return _finding(claim, view, "ClassInfeasible", f"its driver refuses volume attributes class `{wanted}`", "Infeasible", None)
    if modified is not None and modified.status == "Pending":
        wanted = modified.target_volume_attributes_class_name
        pending = _finding(claim, view, "ClassPending", f"volume attributes class `{wanted}` cannot be used: is it there?", "Pending", None)
        return Progressing(until=after(now, SETTLE), finding=pending, sticky=True)
    for type_, words in ERRORS.items():
        if (found := condition(status.conditions, type_)) is not None and found.status == "True":
            return unless_by(_finding(claim, view, "ResizeFailed", words, "", found), found.last_transition_time, GRACE, now)
    for type_, words in SLOW.items():
        found = condition(status.conditions, type_)
        if found is not None and found.status == "True" and (type_ == "Resizing" or _is_mounted(claim, view)):
            return unless_by(_finding(claim, view, "ResizeSlow", words, "", found), found.last_transition_time, RESIZE_WITHIN, now)
    return None


def _is_mounted(claim: PersistentVolumeClaim, view: View) -> bool:
    return any(judged(pod) and pod.spec.node_name for pod in view.users_of_claim(claim))


def _finding(claim: PersistentVolumeClaim, view: View, reason: str, words: str, seen: str, found: Condition | None) -> Finding:
    meta, volume = claim.metadata, claim.spec.volume_name
    shown = Evidence(what="allocatedResourceStatuses", value=seen, command=kubectl_get(claim, ".status"))
    return view.finding(
        claim,
        reason=reason,
        summary=f"claim {meta.namespace}/{meta.name} does not get the size or class that it asks for: {words}",
        evidence=(*((shown,) if seen else ()), *(condition_seen(claim, found) if found else ())),
        depends_on=[view.named(PersistentVolume, "", volume)] if volume else [],
        since=found.last_transition_time if found else None,
    )
