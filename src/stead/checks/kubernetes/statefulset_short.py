"""A StatefulSet with fewer ready pods than it wants."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.workloads import caught_up, explained_by, is_deleted, short_since
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import Node, Pod, StatefulSet
from stead.estate.kubernetes.view import View


@check(watches=[StatefulSet, Pod, Node])
def statefulset_short(statefulset: StatefulSet, view: View, now: datetime) -> Finding | Progressing | None:
    """Fewer pods are ready than `replicas` asks for, and none of them has changed for five minutes: it is not merely coming up."""
    want, status, meta = statefulset.spec.replicas, statefulset.status, statefulset.metadata
    if is_deleted(statefulset) or want <= 0 or not caught_up(meta.generation, status.observed_generation):
        return None
    if status.ready_replicas >= want or _never_looked_at(statefulset):
        return None
    finding = view.finding(
        statefulset,
        reason="TooFewReady",
        summary=f"statefulset {meta.namespace}/{meta.name} has {status.ready_replicas} of {want} pods ready",
        severity=Severity.WARNING if status.ready_replicas > 0 else Severity.CRITICAL,
        evidence=(
            Evidence(what="ready replicas", value=f"{status.ready_replicas} of {want}", command=kubectl_get(statefulset, ".status")),
        ),
        depends_on=explained_by(statefulset, view),
        since=short_since(statefulset, view),
    )
    return unless_by(finding, short_since(statefulset, view), SETTLE, now)


def _never_looked_at(statefulset: StatefulSet) -> bool:
    """A manifest without a status tells nothing."""
    status = statefulset.status
    return status.observed_generation == 0 and status.replicas == 0 and not status.current_revision
