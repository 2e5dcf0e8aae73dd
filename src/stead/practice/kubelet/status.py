"""The status that a kubelet reports of a pod.

Source: `pkg/kubelet/kubelet_pods.go` (getPhase, convertStatusToAPIStatus), `pkg/kubelet/status/generate.go`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from stead.practice.kubelet.containers import Container
from stead.practice.objects import Obj, each

_ORDER = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def container_status(container: Container, now: datetime) -> Obj:
    state: Obj
    run, shown_last = container.run, container.last
    if container.running(now) and run is not None:
        state = run.running_state()
    elif container.waiting is not None:
        reason, message = container.waiting
        state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
        shown_last = run if container.ended(now) else container.last
    elif run is not None:
        state = run.ended_state()
    else:
        state = {"waiting": {"reason": "ContainerCreating"}}
    up = container.running(now) and run is not None
    status: Obj = {
        "name": container.name,
        "state": state,
        "lastState": shown_last.ended_state() if shown_last is not None and shown_last.ends else {},
        "ready": container.done(now) if container.init and not container.sidecar else bool(up and run and run.ready),
        "restartCount": container.restarts,
        "image": container.spec["image"],
        "imageID": _image_id(container.spec["image"]) if run else "",
    }
    if run:
        status["containerID"] = run.id
    status["started"] = bool(up and run and run.up)
    return status


def _image_id(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name.partition('@')[0].rpartition(':')[0] or name}@sha256:{digest}"


def phase(pod: Obj, inits: Sequence[Container], mains: Sequence[Container], now: datetime) -> str:
    policy = pod["spec"]["restartPolicy"]
    if not all(container.passed(now) for container in inits):
        failed = any(container.ended(now) and not container.done(now) and not container.sidecar for container in inits)
        return "Failed" if failed and policy == "Never" else "Pending"
    running = sum(1 for container in mains if container.running(now))
    ended = [container for container in mains if container.ended(now)]
    if running + len(ended) < len(mains):
        return "Pending"
    if running or policy == "Always":
        return "Running"
    if all(container.done(now) for container in ended):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def conditions(
    pod: Obj, inits: Sequence[Container], mains: Sequence[Container], stage: str, sandbox: bool, now: datetime, stamp: str
) -> list[Obj]:
    """All conditions of the pod: the kubelet's own five, in its order, and whatever others have set."""
    meant = [*(container for container in inits if container.sidecar), *mains]
    unready = [container.name for container in meant if not (container.running(now) and container.run and container.run.ready)]
    pending = [container.name for container in inits if not container.passed(now)]
    over = stage in ("Succeeded", "Failed")
    why: Obj = {}
    if over:
        why = {"reason": "PodCompleted" if stage == "Succeeded" else "PodFailed"}
    elif unready:
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    held: Obj = {}
    if pending and not over:
        held = {"reason": "ContainersNotInitialized", "message": f"containers with incomplete status: [{' '.join(pending)}]"}
    nothing: Obj = {}
    values: dict[str, tuple[bool, Obj]] = {
        "PodReadyToStartContainers": (sandbox and not over, nothing),
        "Initialized": (not pending, {"reason": "PodCompleted"} if stage == "Succeeded" else held),
        "Ready": (not why, why),
        "ContainersReady": (not why, why),
        "PodScheduled": (True, nothing),
    }
    old = {item["type"]: item for item in each(pod, "status", "conditions")}
    generation = pod["metadata"].get("generation", 1)
    own = [_condition(old.get(kind), kind, values[kind], generation, stamp) for kind in _ORDER]
    return [*own, *(item for kind, item in old.items() if kind not in _ORDER)]


def _condition(old: Obj | None, kind: str, value: tuple[bool, Obj], generation: int, stamp: str) -> Obj:
    status = "True" if value[0] else "False"
    moved = old["lastTransitionTime"] if old and old["status"] == status else stamp
    head: Obj = {"type": kind, "observedGeneration": generation, "status": status, "lastProbeTime": None}
    return {**head, "lastTransitionTime": moved, **value[1]}
