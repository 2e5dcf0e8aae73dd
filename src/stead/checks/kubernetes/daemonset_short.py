"""A DaemonSet that does not run on every node that it should."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.workloads import caught_up, explained_by, is_deleted, short_since
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import DaemonSet, Node, Pod
from stead.estate.kubernetes.view import View


@check(watches=[DaemonSet, Pod, Node])
def daemonset_short(daemonset: DaemonSet, view: View, now: datetime) -> Finding | Progressing | None:
    """Fewer pods are ready than nodes want one, and none of them has changed for five minutes: it is not merely coming up."""
    status, meta = daemonset.status, daemonset.metadata
    want, have = status.desired_number_scheduled, status.number_ready
    if is_deleted(daemonset) or have >= want or not caught_up(meta.generation, status.observed_generation):
        return None
    finding = view.finding(
        daemonset,
        reason="TooFewReady",
        summary=f"daemonset {meta.namespace}/{meta.name} is ready on {have} of {want} nodes",
        severity=Severity.WARNING if have > 0 else Severity.CRITICAL,
        evidence=(Evidence(what="ready pods", value=f"{have} of {want} nodes", command=kubectl_get(daemonset, ".status")),),
        depends_on=explained_by(daemonset, view),
        since=short_since(daemonset, view),
    )
    return unless_by(finding, short_since(daemonset, view), SETTLE, now)
