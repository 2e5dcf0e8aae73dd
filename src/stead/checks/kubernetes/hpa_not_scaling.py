"""An autoscaler that cannot do its work."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import GRACE, SETTLE, condition, condition_seen, kubectl_get, latest, unless_by
from stead.checks.kubernetes.workloads import caught_up, is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_named
from stead.estate.kubernetes.slices import (
    APIService,
    Condition,
    Deployment,
    HorizontalPodAutoscaler,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)
from stead.estate.kubernetes.view import View

METRICS = ("metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io")
"""The groups of the APIs that autoscalers read (API reference, MetricSpec)."""


@check(watches=[HorizontalPodAutoscaler, Deployment, StatefulSet, ReplicaSet, ReplicationController, APIService])
def hpa_not_scaling(autoscaler: HorizontalPodAutoscaler, view: View, now: datetime) -> Finding | Progressing | None:
    """An autoscaler's target does not exist, it cannot read or set the target's scale (AbleToScale False), or it gets no metrics
    (ScalingActive False).

    A target that is scaled to zero is not scaled on purpose.
    """
    meta, status = autoscaler.metadata, autoscaler.status
    if is_deleted(autoscaler):
        return None
    if _target_is_gone(autoscaler, view):
        gone = _finding(autoscaler, view, "TargetMissing", f"scales {_target(autoscaler)}, which does not exist", None)
        return unless_by(gone, meta.creation_timestamp, GRACE, now)
    if not caught_up(meta.generation, status.observed_generation) and status.observed_generation:
        return None
    for type_, reason, words in (
        ("AbleToScale", "UnableToScale", "cannot scale"),
        ("ScalingActive", "NoMetrics", "cannot tell how many pods are needed of"),
    ):
        found = condition(status.conditions, type_)
        if found is not None and found.status == "False" and found.reason != "ScalingDisabled":
            finding = _finding(autoscaler, view, reason, f"{words} {_target(autoscaler)} ({found.reason or 'no reason given'})", found)
            return unless_by(finding, latest(found.last_transition_time, meta.creation_timestamp), SETTLE, now)
    return None


def _target(autoscaler: HorizontalPodAutoscaler) -> str:
    target = autoscaler.spec.scale_target_ref
    return f"{target.kind.lower()} {autoscaler.metadata.namespace}/{target.name}"


def _target_is_gone(autoscaler: HorizontalPodAutoscaler, view: View) -> bool:
    target = autoscaler.spec.scale_target_ref
    kind = kind_named(target.api_version, target.kind)
    return kind is not None and bool(target.name) and view.missing(kind.struct, autoscaler.metadata.namespace, target.name)


def _finding(autoscaler: HorizontalPodAutoscaler, view: View, reason: str, what: str, found: Condition | None) -> Finding:
    meta = autoscaler.metadata
    reference = Evidence(what="scaleTargetRef", value=_target(autoscaler), command=kubectl_get(autoscaler, ".spec.scaleTargetRef"))
    return view.finding(
        autoscaler,
        reason=reason,
        summary=f"autoscaler {meta.namespace}/{meta.name} {what}",
        evidence=(reference, *(condition_seen(autoscaler, found) if found else ())),
        depends_on=(*_apis(view, reason), *_subject(autoscaler, view)),
        since=found.last_transition_time if found else None,
    )


def _apis(view: View, reason: str) -> list[Subject]:
    """The metrics APIs that are there: one of them is what it reads."""
    if reason != "NoMetrics":
        return []
    return sorted(view.subject(api) for api in view.all(APIService) if api.metadata.name.partition(".")[2] in METRICS)


def _subject(autoscaler: HorizontalPodAutoscaler, view: View) -> list[Subject]:
    target = autoscaler.spec.scale_target_ref
    kind = kind_named(target.api_version, target.kind)
    return [view.named(kind.struct, autoscaler.metadata.namespace, target.name)] if kind is not None else []
