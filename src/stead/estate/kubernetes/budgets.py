"""What speaks against taking one more pod away: its disruption budget, and whether others serve in its place."""

from __future__ import annotations

from typing import Any

import msgspec

from stead.estate.kubernetes.live import at, controller, number, text
from stead.estate.kubernetes.pods import is_ready
from stead.estate.kubernetes.selecting import selects
from stead.estate.kubernetes.slices.meta import LabelSelector
from stead.ports import Estate, Object


async def budget_in_the_way(estate: Estate, pod: Object) -> str:
    """The budget that allows no disruption of this pod now, in a sentence; "" when none speaks against it. BlindError as `list`."""
    labels: Any = at(pod, "metadata", "labels") or {}
    for budget in await estate.list("policy/v1", "PodDisruptionBudget", text(pod, "metadata", "namespace")):
        selector = at(budget, "spec", "selector")
        if isinstance(selector, dict) and selects(msgspec.convert(selector, LabelSelector), labels):
            if number(budget, "status", "observedGeneration") < number(budget, "metadata", "generation"):
                return f"its disruption budget {text(budget, 'metadata', 'name')} has not been worked out yet"
            if number(budget, "status", "disruptionsAllowed") < 1:
                return f"its disruption budget {text(budget, 'metadata', 'name')} allows no disruption now"
    return ""


async def others_serve(estate: Estate, pod: Object) -> bool:
    """Whether another pod of the same controller is ready."""
    owner, uid = text(controller(pod), "uid"), text(pod, "metadata", "uid")
    siblings = await estate.list("v1", "Pod", text(pod, "metadata", "namespace"))
    return any(is_ready(p) and text(controller(p), "uid") == owner and text(p, "metadata", "uid") != uid for p in siblings)
