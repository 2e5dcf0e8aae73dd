"""Which pods a disruption budget protects."""

from __future__ import annotations

from collections.abc import Sequence

from stead.checks.kubernetes.pods import judged
from stead.estate.kubernetes.selecting import selects
from stead.estate.kubernetes.slices import Pod, PodDisruptionBudget
from stead.estate.kubernetes.view import View


def protected(budget: PodDisruptionBudget, view: View) -> Sequence[Pod]:
    """Its pods that are meant to run, by name."""
    selector = budget.spec.selector
    if selector is None:
        return ()
    pods = [pod for pod in view.all(Pod, budget.metadata.namespace) if judged(pod) and selects(selector, pod.metadata.labels)]
    return sorted(pods, key=lambda pod: pod.metadata.name)
