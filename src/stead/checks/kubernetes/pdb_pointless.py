"""A disruption budget that protects nothing, or lets nothing go even on a good day."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.budgets import protected
from stead.checks.kubernetes.common import SETTLE, unless_by
from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import caught_up, is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass, Progressing
from stead.estate.kubernetes.slices import Pod, PodDisruptionBudget
from stead.estate.kubernetes.view import View


@check(watches=[PodDisruptionBudget, Pod], class_=FindingClass.HYGIENE)
def pdb_pointless(budget: PodDisruptionBudget, view: View, now: datetime) -> Finding | Progressing | None:
    """A disruption budget selects no pod, or demands that all of its pods stay though all are well: no node of theirs can be drained."""
    status, meta = budget.status, budget.metadata
    if is_deleted(budget) or not caught_up(meta.generation, status.observed_generation):
        return None
    if status.expected_pods == 0 and view.knows(Pod) and not protected(budget, view):
        found = opinion(budget, view, "SelectsNothing", "protects no pod", ("expectedPods", "0", ".status.expectedPods"))
        return unless_by(found, meta.creation_timestamp, SETTLE, now)
    if (
        0 < status.expected_pods <= status.desired_healthy
        and status.disruptions_allowed == 0
        and status.current_healthy >= status.desired_healthy
    ):
        return opinion(
            budget,
            view,
            "AllowsNothing",
            f"demands all its {status.expected_pods} pods: no node of theirs can be drained",
            ("disruptionsAllowed", "0", ".status"),
        )
    return None
