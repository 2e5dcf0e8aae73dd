"""A running pod that does not get the new CPU or memory it was given."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, condition, condition_seen, unless_by
from stead.checks.kubernetes.pods import judged, lost_node
from stead.declare import check
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Condition, Node, Pod
from stead.estate.kubernetes.view import View

DEFERRED_WITHIN = timedelta(hours=1)
"""A deferred resize waits until other pods make room; after an hour nobody is going."""


@check(watches=[Pod, Node])
def pod_resize(pod: Pod, view: View, now: datetime) -> Finding | Progressing | None:
    """A pod's resize in place can never be done on its node (Infeasible), has been put off for an hour (Deferred), or fails (Error).

    The pod runs on with what it had.
    """
    if not judged(pod):
        return None
    pending = condition(pod.status.conditions, "PodResizePending")
    if pending is not None and pending.status == "True":
        if pending.reason == "Infeasible":
            return _finding(pod, view, "Infeasible", "asks for more than its node has", pending)
        finding = _finding(pod, view, "Deferred", "waits for room on its node to grow", pending)
        return unless_by(finding, pending.last_transition_time, DEFERRED_WITHIN, now)
    at_work = condition(pod.status.conditions, "PodResizeInProgress")
    if at_work is not None and at_work.status == "True" and at_work.reason == "Error":
        return unless_by(_finding(pod, view, "Failed", "cannot be resized", at_work), at_work.last_transition_time, GRACE, now)
    return None


def _finding(pod: Pod, view: View, reason: str, what: str, found: Condition) -> Finding:
    return view.finding(
        pod,
        reason=reason,
        summary=f"{pod.metadata.namespace}/{pod.metadata.name} {what}",
        evidence=condition_seen(pod, found),
        depends_on=lost_node(pod, view),
        since=found.last_transition_time,
    )
