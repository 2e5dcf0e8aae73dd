"""A disruption budget that lets no pod go because pods are unwell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stead.checks.kubernetes.budgets import protected
from stead.checks.kubernetes.common import SETTLE, condition, condition_seen, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import ready
from stead.checks.kubernetes.workloads import caught_up, is_deleted, owners
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Condition, Node, Pod, PodDisruptionBudget
from stead.estate.kubernetes.view import View


@check(watches=[PodDisruptionBudget, Pod, Node])
def pdb_blocked(budget: PodDisruptionBudget, view: View, now: datetime) -> Finding | Progressing | None:
    """Fewer pods are healthy than a disruption budget demands, for more than five minutes: no node with one of them can be drained.
    Or its controller cannot work out what it demands (SyncFailed).

    Or it demands all of its pods, and a node that holds one of them is cordoned: its drain cannot end.

    A budget that allows nothing otherwise, while all its pods are well does what was asked of it.
    """
    status, meta = budget.status, budget.metadata
    if is_deleted(budget) or not caught_up(meta.generation, status.observed_generation):
        return None
    allowed = condition(status.conditions, "DisruptionAllowed")
    since = latest(allowed.last_transition_time if allowed else None, meta.creation_timestamp)
    if allowed is not None and allowed.status == "False" and allowed.reason == "SyncFailed":
        return unless_by(_finding(budget, view, "SyncFailed", "cannot be worked out", allowed), since, SETTLE, now)
    if status.expected_pods <= 0:
        return None
    if status.current_healthy < status.desired_healthy:
        what = f"lets no pod go: {status.current_healthy} are healthy, {status.desired_healthy} must be"
        return unless_by(_finding(budget, view, "TooFewHealthy", what, allowed), since, SETTLE, now)
    held = _on_cordoned(budget, view) if status.disruptions_allowed == 0 and status.desired_healthy >= status.expected_pods else []
    if not held:
        return None
    what = f"lets none of its pods go, and node {held[0].name} is cordoned: a drain of it cannot end"
    return replace(_finding(budget, view, "DrainBlocked", what, allowed), since=None)


def _on_cordoned(budget: PodDisruptionBudget, view: View) -> list[Subject]:
    """Cordoned nodes that hold pods of the budget which are well."""
    names = {pod.spec.node_name for pod in protected(budget, view) if ready(pod)}
    nodes = [view.get(Node, "", name) for name in sorted(names) if name]
    return [view.subject(node) for node in nodes if node is not None and node.spec.unschedulable]


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
