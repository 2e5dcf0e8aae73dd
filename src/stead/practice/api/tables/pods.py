"""The line of a pod: above all its Status, which is a story told from its containers.

Source: `pkg/printers/internalversion/printers.go`, `printPod`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.api.tables.column import Rows, columns, or_none
from stead.practice.objects import Obj, condition, condition_status, deleting, each, inside


def reason(pod: Obj) -> str:
    """The Status column: phase, or the most telling reason of a container."""
    status, spec = inside(pod, "status"), pod["spec"]
    gated = (condition(pod, "PodScheduled") or {}).get("reason") == "SchedulingGated"
    said = "SchedulingGated" if gated else status.get("reason") or status.get("phase", "")
    init = _init_reason(each(status, "initContainerStatuses"), len(each(spec, "initContainers")))
    said = init or _container_reason(pod, said)
    if deleting(pod):
        return "Unknown" if status.get("reason") == "NodeLost" else said if _finished(status) else "Terminating"
    return said


def _finished(status: Obj) -> bool:
    return status.get("phase") in ("Succeeded", "Failed")


def _init_reason(statuses: list[Obj], total: int) -> str:
    for index, container in enumerate(statuses):
        state: Obj = inside(container, "state")
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended and ended["exitCode"] == 0:
            continue
        if ended:
            return "Init:" + (ended.get("reason") or f"ExitCode:{ended['exitCode']}")
        if waiting and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return "Init:" + waiting["reason"]
        return f"Init:{index}/{total}"
    return ""


def _container_reason(pod: Obj, said: str) -> str:
    running = False
    for container in reversed(each(pod, "status", "containerStatuses")):
        state: Obj = inside(container, "state")
        if inside(state, "waiting").get("reason"):
            said = state["waiting"]["reason"]
        elif ended := state.get("terminated"):
            said = ended.get("reason") or (f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended['exitCode']}")
        elif container.get("ready") and state.get("running"):
            running = True
    if said == "Completed" and running:
        return "Running" if condition_status(pod, "Ready") == "True" else "NotReady"
    return said


def _restarts(pod: Obj, now: datetime) -> str:
    total, last = 0, ""
    for container in each(pod, "status", "containerStatuses"):
        total += container.get("restartCount", 0)
        ended = inside(container, "lastState", "terminated")
        last = max(last, ended.get("finishedAt") or "")
    return f"{total} ({timestamps.since(last, now)} ago)" if total and last else str(total)


def _cells(pod: Obj, now: datetime) -> list[Any]:
    status = inside(pod, "status")
    ready = sum(1 for container in each(status, "containerStatuses") if container.get("ready"))
    return [
        f"{ready}/{len(pod['spec']['containers'])}",
        reason(pod),
        _restarts(pod, now),
        or_none(status.get("podIP")),
        or_none(pod["spec"].get("nodeName")),
        or_none(status.get("nominatedNodeName")),
        "<none>",
    ]


ROWS = {
    "pods": Rows(
        columns(
            "Name", "Ready", "Status", "Restarts", "Age",
            wide=("IP", "Node", "Nominated Node", "Readiness Gates"),
        ),
        _cells,
    )
}  # fmt: skip
