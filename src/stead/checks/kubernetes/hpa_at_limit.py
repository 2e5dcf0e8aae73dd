"""An autoscaler that would like more pods than it may have."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import condition, unless_by
from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass, Progressing
from stead.estate.kubernetes.slices import HorizontalPodAutoscaler
from stead.estate.kubernetes.view import View

WAIT = timedelta(minutes=30)
"""A peak is what a limit is for."""


@check(watches=[HorizontalPodAutoscaler], class_=FindingClass.HYGIENE)
def hpa_at_limit(autoscaler: HorizontalPodAutoscaler, view: View, now: datetime) -> Finding | Progressing | None:
    """An autoscaler has stood at `maxReplicas` for half an hour and would like more (ScalingLimited, TooManyReplicas)."""
    limited = condition(autoscaler.status.conditions, "ScalingLimited")
    if is_deleted(autoscaler) or limited is None or limited.status != "True" or limited.reason != "TooManyReplicas":
        return None
    most = autoscaler.spec.max_replicas
    found = opinion(
        autoscaler,
        view,
        "AtLimit",
        f"has all the {most} pods that it may have and would like more",
        ("maxReplicas", str(most), ".spec.maxReplicas"),
    )
    return unless_by(found, limited.last_transition_time, WAIT, now)
