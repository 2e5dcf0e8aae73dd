"""Numbers and percentages that would leave a controller without a next step: of rollouts, budgets and autoscalers.

Sources: `pkg/apis/{apps,policy,autoscaling}/validation/validation.go`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stead.practice.api.causes import NEGATIVE, invalid, required, unsupported
from stead.practice.api.errors import Cause
from stead.practice.api.validation_placement import selector
from stead.practice.objects import Obj, each, inside

_NO_PERCENT = (
    "a valid percent must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)


def share(value: Any, at: str) -> Iterator[Cause]:
    """A count, or a percentage as a text."""
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,9}%", value, re.ASCII):
            yield invalid(at, value, _NO_PERCENT)
    elif value is not None and value < 0:
        yield invalid(at, value, NEGATIVE)


def rollout(spec: Obj) -> Iterator[Cause]:
    """Of a Deployment (`strategy`), a DaemonSet or a StatefulSet (`updateStrategy`)."""
    for name, kinds in (("strategy", ["Recreate", "RollingUpdate"]), ("updateStrategy", ["RollingUpdate", "OnDelete"])):
        given = inside(spec, name)
        rolling = inside(given, "rollingUpdate")
        at = f"spec.{name}.rollingUpdate"
        if given and given.get("type") not in kinds:
            yield unsupported(f"spec.{name}.type", given.get("type", ""), kinds)
        for part in ("maxUnavailable", "maxSurge"):
            yield from share(rolling.get(part), f"{at}.{part}")
        if name == "strategy" and all(str(rolling.get(part)).rstrip("%") == "0" for part in ("maxUnavailable", "maxSurge")):
            yield invalid(f"{at}.maxUnavailable", rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0")


def budget(obj: Obj) -> Iterator[Cause]:
    spec = inside(obj, "spec")
    low, high = spec.get("minAvailable"), spec.get("maxUnavailable")
    if low is not None and high is not None:
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    yield from share(low, "spec.minAvailable")
    yield from share(high, "spec.maxUnavailable")
    yield from selector(spec.get("selector"), "spec.selector")


def autoscaler(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield invalid("spec.maxReplicas", most, "must be greater than 0")
    elif most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    for index, metric in enumerate(each(spec, "metrics")):
        kind = str(metric.get("type", ""))
        part = kind[:1].lower() + kind[1:]
        if kind not in ("ContainerResource", "External", "Object", "Pods", "Resource"):
            yield unsupported(f"spec.metrics[{index}].type", kind, ["ContainerResource", "External", "Object", "Pods", "Resource"])
        elif not metric.get(part):
            yield required(
                f"spec.metrics[{index}].{part}", f"must populate information for the given metric source (only `{part}` for `{kind}`)"
            )
