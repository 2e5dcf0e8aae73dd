"""Failed pods that their workload has replaced and nobody has cleared away."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.hygiene import opinion
from stead.declare import check
from stead.domain.finding import Finding, FindingClass
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View

CONTROLLERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController")


@check(watches=[Pod], class_=FindingClass.HYGIENE)
def pod_leftover(pod: Pod, view: View, now: datetime) -> Finding | None:  # noqa: ARG001 - it lies there until it is deleted
    """A pod of a workload was put out (evicted, refused by its node) and is kept as Failed though its workload has moved on."""
    top = view.top(pod)
    if pod.status.phase != "Failed" or pod.metadata.deletion_timestamp is not None or top is None or top.kind not in CONTROLLERS:
        return None
    why = pod.status.reason or "Failed"
    return opinion(pod, view, "Leftover", f"was left behind ({why})", ("phase", f"Failed, {why}", ".status"))
