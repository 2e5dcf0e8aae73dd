"""What a Deployment says of itself: counts, Available, Progressing, and when its patience ends.

Source: `pkg/controller/deployment/{progress,sync}.go`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.practice import timestamps
from stead.practice.controllers import replicas
from stead.practice.objects import Obj, condition, each, inside, key_of, name_of
from stead.practice.world import World

_DONE, _MOVING, _LATE = "NewReplicaSetAvailable", "ReplicaSetUpdated", "ProgressDeadlineExceeded"


def note_created(world: World, deployment: Obj, made: Obj) -> None:
    new = _condition("Progressing", "True", "NewReplicaSetCreated", f'Created new replica set "{name_of(made)}"')
    world.edit("deployments.apps", key_of(deployment), lambda obj: _put(obj.setdefault("status", {}), new, world.timestamp))


def status(world: World, deployment: Obj, new: Obj | None, sets: list[Obj]) -> Obj:
    old: Obj = inside(deployment, "status")
    found = _counts(deployment, new, sets)
    found["conditions"] = [dict(item) for item in each(old, "conditions")]
    if "collisionCount" in old:
        found["collisionCount"] = old["collisionCount"]
    _put(found, _available(deployment, found), world.timestamp)
    if deployment["spec"].get("paused"):
        _put(found, _condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"), world.timestamp)
    else:
        _progress(world, deployment, new, old, found)
    _failure(world, found, sets)
    return found


def _counts(deployment: Obj, new: Obj | None, sets: list[Obj]) -> Obj:
    def total(field: str) -> int:
        return sum(inside(rs, "status").get(field, 0) for rs in sets)

    available, present = total("availableReplicas"), total("replicas")
    counts = {
        "replicas": present,
        "updatedReplicas": inside(new or {}, "status").get("replicas", 0),
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, replicas.total(sets) - available),
    }
    found: Obj = {"observedGeneration": deployment["metadata"]["generation"]}
    found |= {name: count for name, count in counts.items() if count}
    return {**found, "terminatingReplicas": total("terminatingReplicas")}


def _available(deployment: Obj, found: Obj) -> Obj:
    _, missing = replicas.bounds(deployment)
    if found.get("availableReplicas", 0) >= deployment["spec"]["replicas"] - missing:
        return _condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    return _condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")


def _progress(world: World, deployment: Obj, new: Obj | None, old: Obj, found: Obj) -> None:
    last = condition({"status": found}, "Progressing")
    settled = last is not None and last["reason"] == _DONE
    if settled and found.get("replicas", 0) == found.get("updatedReplicas", 0):
        return
    subject = f'ReplicaSet "{name_of(new)}"' if new else f'Deployment "{name_of(deployment)}"'
    if _complete(deployment, found):
        _put(found, _condition("Progressing", "True", _DONE, f"{subject} has successfully progressed."), world.timestamp)
    elif _moved(old, found):
        _refresh(found, _condition("Progressing", "True", _MOVING, f"{subject} is progressing."), world.timestamp)
    elif _timed_out(world, deployment, last):
        _put(found, _condition("Progressing", "False", _LATE, f"{subject} has timed out progressing."), world.timestamp)


def _complete(deployment: Obj, found: Obj) -> bool:
    wanted = deployment["spec"]["replicas"]
    return all(found.get(name, 0) == wanted for name in ("replicas", "updatedReplicas", "availableReplicas"))


def _moved(old: Obj, found: Obj) -> bool:
    def grew(name: str) -> bool:
        return found.get(name, 0) > old.get(name, 0)

    def outdated(counts: Obj) -> int:
        return counts.get("replicas", 0) - counts.get("updatedReplicas", 0)

    return grew("updatedReplicas") or outdated(found) < outdated(old) or grew("readyReplicas") or grew("availableReplicas")


def _timed_out(world: World, deployment: Obj, last: Obj | None) -> bool:
    if last is None or last["reason"] == _DONE:
        return False
    due = _due(deployment, last)
    return last["reason"] == _LATE or (due is not None and due < world.now)


def _due(deployment: Obj, last: Obj) -> datetime | None:
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    if seconds is None or seconds >= 2**31 - 1:
        return None
    return timestamps.parse(last["lastUpdateTime"]) + timedelta(seconds=seconds)


def deadline(deployment: Obj, found: Obj) -> datetime | None:
    """When to look again whether the rollout is stuck; None when nothing is awaited."""
    last = condition({"status": found}, "Progressing")
    if last is None or last["reason"] in (_DONE, _LATE, "DeploymentPaused"):
        return None
    due = _due(deployment, last)
    return due + timedelta(seconds=1) if due else None


def _failure(world: World, found: Obj, sets: list[Obj]) -> None:
    reported = [c for rs in sets for c in each(rs, "status", "conditions") if c["type"] == "ReplicaFailure"]
    if reported:
        _put(found, _condition("ReplicaFailure", "True", reported[0]["reason"], reported[0]["message"]), world.timestamp)
    else:
        found["conditions"] = [item for item in found["conditions"] if item["type"] != "ReplicaFailure"]


def _condition(kind: str, value: str, reason: str, message: str) -> Obj:
    return {"type": kind, "status": value, "reason": reason, "message": message}


def _put(status: Obj, new: Obj, now: str) -> None:
    """Set the condition, unless status and reason are the same already (SetDeploymentCondition)."""
    old = condition({"status": status}, new["type"])
    if old is None or (old["status"], old["reason"]) != (new["status"], new["reason"]):
        _refresh(status, new, now)


def _refresh(status: Obj, new: Obj, now: str) -> None:
    """Set the condition with a new update time; the transition time stays while the status does."""
    conditions: list[Obj] = status.setdefault("conditions", [])
    old = condition({"status": status}, new["type"])
    moved = old["lastTransitionTime"] if old and old["status"] == new["status"] else now
    written = {
        "type": new["type"],
        "status": new["status"],
        "lastUpdateTime": now,
        "lastTransitionTime": moved,
        "reason": new["reason"],
        "message": new["message"],
    }
    conditions[:] = [written if item is old else item for item in conditions] if old else [*conditions, written]
