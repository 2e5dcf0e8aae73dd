"""Taints, and who puts up with them. Source: `k8s.io/component-helpers/scheduling/corev1/helpers.go`."""

from __future__ import annotations

from stead.practice.objects import Obj, each


def tolerated(pod: Obj, taint: Obj) -> bool:
    return any(tolerates(toleration, taint) for toleration in each(pod["spec"], "tolerations"))


def tolerates(toleration: Obj, taint: Obj) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def keeps_away(pod: Obj, node: Obj) -> Obj | None:
    """The first taint of the node that keeps the pod away from it."""
    taints = each(node, "spec", "taints")
    return next((t for t in taints if t["effect"] in ("NoSchedule", "NoExecute") and not tolerated(pod, t)), None)


def disliked(pod: Obj, node: Obj) -> int:
    """How many taints would rather keep it away (PreferNoSchedule)."""
    return sum(1 for t in each(node, "spec", "taints") if t["effect"] == "PreferNoSchedule" and not tolerated(pod, t))
