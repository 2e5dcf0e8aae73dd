"""The lines of what makes pods. Source: `pkg/printers/internalversion/printers.go`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.api.tables.column import Rows, columns, equality_text, images, selector_text
from stead.practice.objects import Obj, condition_status, each, inside

_TEMPLATE = ("Containers", "Images", "Selector")


def _deployment(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    ready = f"{status.get('readyReplicas', 0)}/{spec['replicas']}"
    numbers = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [ready, *numbers, *images(spec), selector_text(spec["selector"])]


def _replicaset(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    numbers = [spec["replicas"], status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [*numbers, *images(spec), selector_text(spec.get("selector"))]


def _controller(obj: Obj, now: datetime) -> list[Any]:
    return [*_replicaset({**obj, "spec": {**obj["spec"], "selector": None}}, now)[:-1], equality_text(obj["spec"].get("selector"))]


def _statefulset(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    return [f"{status.get('readyReplicas', 0)}/{spec['replicas']}", *images(spec)]


def _daemonset(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    numbers = [status.get(name, 0) for name in names]
    where = equality_text(spec["template"]["spec"].get("nodeSelector"))
    return [*numbers, where, *images(spec), selector_text(spec["selector"])]


def _job(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    wanted = spec.get("completions")
    done = status.get("succeeded", 0)
    shown = f"{done}/{wanted}" if wanted is not None else f"{done}/1 of {spec.get('parallelism', 1)}"
    return [_job_status(obj), shown, _job_duration(status, now), *images(spec), selector_text(spec.get("selector"))]


def _job_status(obj: Obj) -> str:
    for kind, said in (("Complete", "Complete"), ("Failed", "Failed")):
        if condition_status(obj, kind) == "True":
            return said
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    if condition_status(obj, "Suspended") == "True":
        return "Suspended"
    return "FailureTarget" if condition_status(obj, "FailureTarget") == "True" else "Running"


def _job_duration(status: Obj, now: datetime) -> str:
    if "startTime" not in status:
        return ""
    end = timestamps.parse(status["completionTime"]) if "completionTime" in status else now
    return timestamps.human(end - timestamps.parse(status["startTime"]))


def _cronjob(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    last = timestamps.since(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else "<none>"
    timing = [spec["schedule"], spec.get("timeZone") or "<none>", str(spec.get("suspend", False)), len(each(status, "active"))]
    return [*timing, last, *images(spec["jobTemplate"]["spec"]), "<none>"]


def _budget(obj: Obj, _now: datetime) -> list[Any]:
    spec = obj["spec"]
    low, high = spec.get("minAvailable"), spec.get("maxUnavailable")
    allowed = inside(obj, "status").get("disruptionsAllowed", 0)
    return [str(low) if low is not None else "N/A", str(high) if high is not None else "N/A", allowed]


def _autoscaler(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    reference = spec["scaleTargetRef"]
    shown = [_target(metric, each(status, "currentMetrics")) for metric in each(spec, "metrics")]
    more = f" + {len(shown) - 2} more..." if len(shown) > 2 else ""
    targets = ", ".join(shown[:2]) + more or "<none>"
    bounds = [str(spec.get("minReplicas", "<unset>")), spec["maxReplicas"], status.get("currentReplicas", 0)]
    return [f"{reference['kind']}/{reference['name']}", targets, *bounds]


def _target(metric: Obj, known: list[Obj]) -> str:
    """`cpu: 12%/80%`, or `<unknown>` in the place of what is not known."""
    kind: str = metric["type"]
    part = "containerResource" if kind == "ContainerResource" else kind.lower()
    source = inside(metric, part)
    name = source.get("name") or inside(source, "metric").get("name", "")
    now: Obj = next((inside(k, part, "current") for k in known if inside(k, part).get("name") == source.get("name")), Obj())
    share = inside(source, "target").get("averageUtilization")
    if share is not None:
        used = now.get("averageUtilization")
        return f"{name}: {'<unknown>' if used is None else f'{used}%'}/{share}%"
    target = inside(source, "target")
    return f"{name}: {now.get('averageValue', '<unknown>')}/{target.get('averageValue') or target.get('value')}"


def _revision(obj: Obj, _now: datetime) -> list[Any]:
    owner = next((o for o in each(obj["metadata"], "ownerReferences") if o.get("controller")), None)
    group = owner["apiVersion"].rpartition("/")[0] if owner else ""
    controller = f"{owner['kind'].lower()}.{group}/{owner['name']}" if owner else "<none>"
    return [controller, obj.get("revision", 0)]


ROWS = {
    "deployments.apps": Rows(columns("Name", "Ready", "Up-to-date", "Available", "Age", wide=_TEMPLATE), _deployment),
    "replicasets.apps": Rows(
        columns("Name", "Desired", "Current", "Ready", "Age", wide=_TEMPLATE, integers=("Desired", "Current", "Ready")),
        _replicaset,
    ),
    "replicationcontrollers": Rows(
        columns("Name", "Desired", "Current", "Ready", "Age", wide=_TEMPLATE, integers=("Desired", "Current", "Ready")),
        _controller,
    ),
    "statefulsets.apps": Rows(columns("Name", "Ready", "Age", wide=("Containers", "Images")), _statefulset),
    "daemonsets.apps": Rows(
        columns("Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age", wide=_TEMPLATE,
                integers=("Desired", "Current", "Ready", "Up-to-date", "Available")),
        _daemonset,
    ),
    "controllerrevisions.apps": Rows(columns("Name", "Controller", "Revision", "Age"), _revision),
    "jobs.batch": Rows(columns("Name", "Status", "Completions", "Duration", "Age", wide=_TEMPLATE), _job),
    "cronjobs.batch": Rows(
        columns("Name", "Schedule", "Timezone", "Suspend", "Active", "Last Schedule", "Age", wide=_TEMPLATE,
                integers=("Active",)),
        _cronjob,
    ),
    "horizontalpodautoscalers.autoscaling": Rows(
        columns("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age", integers=("MaxPods", "Replicas")), _autoscaler
    ),
    "poddisruptionbudgets.policy": Rows(
        columns("Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age", integers=("Allowed Disruptions",)),
        _budget,
    ),
}  # fmt: skip
