"""A disruption budget that lets no pod go because pods are unwell."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.budgets import protected
from stead.checks.kubernetes.common import SETTLE, condition, condition_seen, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import ready
from stead.checks.kubernetes.workloads import caught_up, is_deleted, owners
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Condition, Pod, PodDisruptionBudget
from stead.estate.kubernetes.view import View


@check(watches=[PodDisruptionBudget, Pod])
def pdb_blocked(budget: PodDisruptionBudget, view: View, now: datetime) -> Finding | Progressing | None:
    """Fewer pods are healthy than a disruption budget demands, for more than five minutes: no node with one of them can be drained.
    Or its controller cannot work out what it demands (SyncFailed).

    A budget that allows nothing while all its pods are well does what was asked of it.
    """
    status, meta = budget.status, budget.metadata
    if is_deleted(budget) or not caught_up(meta.generation, status.observed_generation):
        return None
    allowed = condition(status.conditions, "DisruptionAllowed")
    since = latest(allowed.last_transition_time if allowed else None, meta.creation_timestamp)
    if allowed is not None and allowed.status == "False" and allowed.reason == "SyncFailed":
        return unless_by(_finding(budget, view, "SyncFailed", "cannot be worked out", allowed), since, SETTLE, now)
    if status.expected_pods <= 0 or status.current_healthy >= status.desired_healthy:
        return None
    what = f"lets no pod go: {status.current_healthy} are healthy, {status.desired_healthy} must be"
    return unless_by(_finding(budget, view, "TooFewHealthy", what, allowed), since, SETTLE, now)


def _finding(budget: PodDisruptionBudget, view: View, reason: str, what: str, allowed: Condition | None) -> Finding:
    meta, status = budget.metadata, budget.status
    unwell = [pod for pod in protected(budget, view) if not ready(pod)]
    healthy = f"{status.current_healthy} of {status.expected_pods}"
    return view.finding(
        budget,
        reason=reason,
        summary=f"disruption budget {meta.namespace}/{meta.name} {what}",
        evidence=(
            Evidence(what="healthy pods", value=healthy, command=kubectl_get(budget, ".status")),
            *(condition_seen(budget, allowed) if allowed else ()),
        ),
        depends_on=(*owners(unwell, view), *map(view.subject, unwell)),
        since=allowed.last_transition_time if allowed else None,
    )
