"""A DaemonSet that does not run on every node that it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.refusals import suspects
from stead.checks.kubernetes.workloads import caught_up, explained_by, is_deleted, short_since
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import DaemonSet, Node, Pod
from stead.estate.kubernetes.view import View

MOVE_WITHIN = timedelta(minutes=15)
"""The controller removes such pods at once, unless a taint merely asks for no new ones."""


@check(watches=[DaemonSet, Pod, Node])
def daemonset_short(daemonset: DaemonSet, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """Fewer pods are ready than nodes want one, and none of them has changed for five minutes: it is not merely coming up.

    Pods that run on nodes which do not want one any more (a taint or label was changed since) are worth knowing.
    """
    status, meta = daemonset.status, daemonset.metadata
    want, have = status.desired_number_scheduled, status.number_ready
    if is_deleted(daemonset) or not caught_up(meta.generation, status.observed_generation):
        return
    if have < want:
        fewer = want - status.current_number_scheduled
        what = f"is ready on {have} of {want} nodes" + (f"; on {fewer} it has no pod" if fewer > 0 else "")
        causes = suspects(daemonset.spec.template.spec, meta.namespace, view) if fewer > 0 else ()
        finding = _finding(daemonset, view, "TooFewReady", what, f"{have} of {want} nodes", causes)
        yield unless_by(finding, short_since(daemonset, view), SETTLE, now)
    elif status.number_misscheduled > 0:
        what = f"runs on {status.number_misscheduled} nodes that it should not run on"
        finding = _finding(daemonset, view, "Misscheduled", what, f"{status.number_misscheduled} misscheduled", ())
        yield unless_by(replace(finding, severity=Severity.INFO), short_since(daemonset, view), MOVE_WITHIN, now)


def _finding(daemonset: DaemonSet, view: View, reason: str, what: str, seen: str, causes: tuple[Subject, ...]) -> Finding:
    meta = daemonset.metadata
    return view.finding(
        daemonset,
        reason=reason,
        summary=f"daemonset {meta.namespace}/{meta.name} {what}",
        severity=Severity.WARNING if daemonset.status.number_ready > 0 else Severity.CRITICAL,
        evidence=(Evidence(what="pods", value=seen, command=kubectl_get(daemonset, ".status")),),
        depends_on=(*explained_by(daemonset, view), *causes),
        since=short_since(daemonset, view),
    )
