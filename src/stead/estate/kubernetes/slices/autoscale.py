"""What scales workloads, and what keeps enough of their pods."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Conditions, LabelSelector, Named, Object, Slice


class AutoscalerSpec(Slice, frozen=True):
    scale_target_ref: Named = Named()
    min_replicas: int = 1
    max_replicas: int = 0


class AutoscalerStatus(Slice, frozen=True):
    observed_generation: int = 0
    current_replicas: int = 0
    desired_replicas: int = 0
    conditions: Conditions = ()


class HorizontalPodAutoscaler(Object, frozen=True):
    spec: AutoscalerSpec = AutoscalerSpec()
    status: AutoscalerStatus = AutoscalerStatus()


class BudgetSpec(Slice, frozen=True):
    """`selector` None selects nothing (API reference, PodDisruptionBudgetSpec)."""

    selector: LabelSelector | None = None


class BudgetStatus(Slice, frozen=True):
    observed_generation: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    disruptions_allowed: int = 0
    conditions: Conditions = ()


class PodDisruptionBudget(Object, frozen=True):
    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus = BudgetStatus()
