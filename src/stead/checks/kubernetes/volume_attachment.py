"""A volume that does not get onto its node, or off it."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, kubectl_get, said, unless_by
from stead.checks.kubernetes.nodes import unwell
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import Node, PersistentVolume, VolumeAttachment
from stead.estate.kubernetes.view import View

ATTACH_WITHIN = timedelta(minutes=10)
"""A volume is forced off another node after 6 minutes (attach-detach controller, maxWaitForUnmountDuration)."""


@check(watches=[VolumeAttachment, Node, PersistentVolume])
def volume_attachment(attachment: VolumeAttachment, view: View, now: datetime) -> Finding | Progressing | None:
    """The driver cannot attach a volume to its node or detach it (attachError, detachError), has not attached it within ten minutes, or
    the volume is still attached to a node that is gone."""
    meta, status = attachment.metadata, attachment.status
    node = attachment.spec.node_name
    made = meta.creation_timestamp
    if is_deleted(attachment):
        if status.detach_error is None:
            return None
        finding = _finding(attachment, view, "DetachFailed", f"cannot be detached from node {node}", status.detach_error.message)
        return unless_by(finding, meta.deletion_timestamp, SETTLE, now)
    if node and view.missing(Node, "", node):
        return unless_by(
            _finding(attachment, view, "NodeGone", f"is still attached to node {node}, which is gone"), made, ATTACH_WITHIN, now
        )
    if status.attached:
        return None
    if status.attach_error is not None:
        finding = _finding(attachment, view, "AttachFailed", f"cannot be attached to node {node}", status.attach_error.message)
        return unless_by(finding, made, SETTLE, now)
    return unless_by(_finding(attachment, view, "NotAttached", f"is not attached to node {node} yet"), made, ATTACH_WITHIN, now)


def _finding(attachment: VolumeAttachment, view: View, reason: str, what: str, message: str = "") -> Finding:
    volume = attachment.spec.source.persistent_volume_name
    where = ".status.attachError.message" if reason == "AttachFailed" else ".status.detachError.message"
    return view.finding(
        attachment,
        reason=reason,
        summary=f"volume {volume or attachment.metadata.name} {what}",
        severity=Severity.WARNING if reason in ("DetachFailed", "NodeGone") else Severity.CRITICAL,
        evidence=(
            Evidence(what="attached", value=str(attachment.status.attached).lower(), command=kubectl_get(attachment, ".status")),
            *said(attachment, f"driver {attachment.spec.attacher} says", message, where),
        ),
        depends_on=(*unwell(attachment.spec.node_name, view), *([view.named(PersistentVolume, "", volume)] if volume else ())),
        since=attachment.metadata.deletion_timestamp or attachment.metadata.creation_timestamp,
    )
