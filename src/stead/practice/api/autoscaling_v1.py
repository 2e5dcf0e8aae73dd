"""HorizontalPodAutoscalers as `autoscaling/v1` has them: one number for the CPU; the rest rides along in annotations.

Source: `pkg/apis/autoscaling/v1/conversion.go`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from stead.practice.objects import Obj, each, inside

_PREFIX = "autoscaling.alpha.kubernetes.io/"
_OF_SPEC, _OF_STATUS = ("metrics", "behavior"), ("current-metrics", "conditions")


def shown(obj: Obj) -> Obj:
    spec, status = inside(obj, "spec"), inside(obj, "status")
    cpu, others = _apart(each(spec, "metrics"), "target")
    used, rest = _apart(each(status, "currentMetrics"), "current")
    kept = {"metrics": others, "behavior": spec.get("behavior"), "current-metrics": rest, "conditions": status.get("conditions")}
    notes = {_PREFIX + name: msgspec.json.encode(value).decode() for name, value in kept.items() if value}
    meta: Obj = dict(obj["metadata"])
    if notes:
        meta["annotations"] = {**inside(meta, "annotations"), **notes}
    plain: Obj = {name: value for name, value in spec.items() if name not in ("metrics", "behavior")}
    told: Obj = {name: value for name, value in status.items() if name not in ("currentMetrics", "conditions")}
    if cpu is not None:
        plain["targetCPUUtilizationPercentage"] = cpu
    if used is not None:
        told["currentCPUUtilizationPercentage"] = used
    return {**obj, "metadata": meta, "spec": plain, "status": told}


def _apart(metrics: list[Obj], side: str) -> tuple[Any, list[Obj]]:
    """The utilization of the CPU, and the other metrics."""
    found: Any = None
    others: list[Obj] = []
    for metric in metrics:
        share = inside(metric, "resource", side).get("averageUtilization")
        if found is None and share is not None and inside(metric, "resource").get("name") == "cpu":
            found = share
        else:
            others.append(metric)
    return found, others


def stored(obj: Obj) -> Obj:
    meta: Obj = dict(inside(obj, "metadata"))
    notes: Obj = inside(meta, "annotations")
    if notes:
        meta["annotations"] = {name: value for name, value in notes.items() if not name.startswith(_PREFIX)}
    spec: Obj = dict(inside(obj, "spec"))
    status: Obj = dict(inside(obj, "status"))
    share, used = spec.pop("targetCPUUtilizationPercentage", None), status.pop("currentCPUUtilizationPercentage", None)
    metrics: list[Obj] = _read(notes, "metrics", [])
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}, *metrics]
    now: list[Obj] = _read(notes, "current-metrics", [])
    if used is not None:
        now = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": used, "averageValue": "0"}}}, *now]
    spec |= {"metrics": metrics} if metrics else {}
    spec |= {"behavior": behavior} if (behavior := _read(notes, "behavior", None)) else {}
    status |= {"currentMetrics": now} if now else {}
    status |= {"conditions": conditions} if (conditions := _read(notes, "conditions", None)) else {}
    return {**obj, "metadata": meta, "spec": spec, "status": status}


def _read(notes: Obj, name: str, otherwise: Any) -> Any:
    """What an annotation holds, unless somebody wrote nonsense into it."""
    try:
        found: Any = msgspec.json.decode(notes[_PREFIX + name])
    except (KeyError, TypeError, msgspec.DecodeError):
        return otherwise
    return found if type(found) in (list, dict) else otherwise
