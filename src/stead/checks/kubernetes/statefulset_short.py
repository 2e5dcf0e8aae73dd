"""A StatefulSet with fewer ready pods than it wants."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.pods import ready
from stead.checks.kubernetes.refusals import suspects
from stead.checks.kubernetes.workloads import caught_up, explained_by, is_deleted, pods_of, short_since
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Node, PersistentVolumeClaim, Pod, StatefulSet
from stead.estate.kubernetes.view import View

MOST_ORDINALS = 100
"""Pods that are looked at by number: a hostile `replicas` costs no more."""

UPDATE_WITHIN = timedelta(minutes=15)
"""From the last change of any of its pods: the controller moves on within seconds, `minReadySeconds` apart."""


@check(watches=[StatefulSet, Pod, Node, PersistentVolumeClaim])
def statefulset_short(statefulset: StatefulSet, view: View, now: datetime) -> Finding | Progressing | None:
    """Fewer pods are ready than `replicas` asks for, and none of them has changed for five minutes: it is not merely coming up. Or all
    are ready, and a rolling update has not moved on for fifteen."""
    want, status, meta = statefulset.spec.replicas, statefulset.status, statefulset.metadata
    if is_deleted(statefulset) or want <= 0 or not caught_up(meta.generation, status.observed_generation):
        return None
    if _never_looked_at(statefulset):
        return None
    updated = f", {status.updated_replicas} of {want} updated to revision {status.update_revision}" if _updates(statefulset) else ""
    if status.ready_replicas < want:
        finding = _finding(statefulset, view, "TooFewReady", f"has {status.ready_replicas} of {want} pods ready{updated}")
        return unless_by(finding, short_since(statefulset, view), SETTLE, now)
    if updated and view.knows(Pod) and len(pods_of(statefulset, view)) >= want:
        finding = _finding(statefulset, view, "UpdateStuck", f"does not go on with its update{updated}, though all pods are ready")
        each = timedelta(seconds=min(max(0, statefulset.spec.min_ready_seconds), 86_400))
        return unless_by(finding, short_since(statefulset, view), UPDATE_WITHIN + each, now)
    return None


def _updates(statefulset: StatefulSet) -> bool:
    """Whether a rolling update of all pods is under way; one that a partition or OnDelete holds back is held on purpose."""
    status, strategy = statefulset.status, statefulset.spec.update_strategy
    differs = bool(status.update_revision) and status.update_revision != status.current_revision
    behind = status.updated_replicas < statefulset.spec.replicas
    return differs and behind and strategy.type == "RollingUpdate" and strategy.rolling_update.partition <= 0


def _finding(statefulset: StatefulSet, view: View, reason: str, what: str) -> Finding:
    meta, status, want = statefulset.metadata, statefulset.status, statefulset.spec.replicas
    fewer = status.replicas < want
    refusing = suspects(statefulset.spec.template.spec, meta.namespace, view) if fewer else ()
    return view.finding(
        statefulset,
        reason=reason,
        summary=f"statefulset {meta.namespace}/{meta.name} {what}" + (f"; {want - status.replicas} are not even made" if fewer else ""),
        severity=Severity.WARNING if status.ready_replicas > 0 else Severity.CRITICAL,
        evidence=(
            Evidence(what="ready replicas", value=f"{status.ready_replicas} of {want}", command=kubectl_get(statefulset, ".status")),
        ),
        depends_on=(*explained_by(statefulset, view), *_claims(statefulset, view), *refusing),
        since=short_since(statefulset, view),
    )


def _claims(statefulset: StatefulSet, view: View) -> list[Subject]:
    """The claims of the pods that it lacks: called `{template}-{statefulset}-{ordinal}` (StatefulSets, stable storage)."""
    there = {pod.metadata.name for pod in pods_of(statefulset, view) if ready(pod)}
    name = statefulset.metadata.name
    first = statefulset.spec.ordinals.start
    every = range(first, first + min(statefulset.spec.replicas, MOST_ORDINALS))
    lacking = [number for number in every if f"{name}-{number}" not in there]
    templates = [template.metadata.name for template in statefulset.spec.volume_claim_templates]
    return [
        view.named(PersistentVolumeClaim, statefulset.metadata.namespace, f"{template}-{name}-{number}")
        for number in lacking
        for template in templates
    ]


def _never_looked_at(statefulset: StatefulSet) -> bool:
    """A manifest without a status tells nothing."""
    status = statefulset.status
    return status.observed_generation == 0 and status.replicas == 0 and not status.current_revision
