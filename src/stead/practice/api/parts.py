"""Subresources that are not simply a part of the object: scale, log, eviction, binding, token.

Sources: `pkg/registry/apps/deployment/storage`, `pkg/registry/core/pod/storage/eviction.go`, `pkg/registry/core/pod/strategy.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from stead.practice import timestamps
from stead.practice.api import errors
from stead.practice.api.deletion import DeleteOptions, Deletes
from stead.practice.api.resources import Resource
from stead.practice.api.writes import Change, Writes
from stead.practice.objects import Key, Obj, clone, deleting, each, inside, labels_of
from stead.practice.selectors import from_object, of_scaled
from stead.practice.world import World

LogReader = Callable[[Obj, str, bool], "list[str] | None"]
"""The lines of a container of a pod (the current or the previous run), None when that run was never there."""


def scale_of(obj: Obj) -> Obj:
    meta = {name: obj["metadata"][name] for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    spec, status = inside(obj, "spec"), inside(obj, "status")
    selector = from_object(of_scaled(obj))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {"replicas": status.get("replicas", 0), "selector": str(selector) if selector else ""},
    }


def change_scale(writes: Writes, resource: Resource, key: Key, change: Callable[[Obj], Obj], how: Change) -> Obj:
    def with_replicas(obj: Obj) -> Obj:
        wanted = change(scale_of(obj))
        replicas = inside(wanted, "spec").get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            cause = errors.Cause("FieldValueInvalid", f"Invalid value: {replicas}: must be greater than or equal to 0", "spec.replicas")
            scale = Resource("autoscaling", "v1", "Scale", "scales", "scale")
            raise errors.invalid(scale, key[1], [cause])
        new = clone(obj)
        new["spec"]["replicas"] = replicas
        given = inside(wanted, "metadata").get("resourceVersion")
        if given:
            new["metadata"]["resourceVersion"] = given
        return new

    return scale_of(writes.change(resource, key, with_replicas, how))


def log_lines(pod: Obj, query: Mapping[str, str], read: LogReader, world: World) -> list[str] | None:
    """The lines of `pods/log`, each with its time in front; None when the pod has no node yet (204, no content)."""
    name = log_container(pod, query)
    previous = query.get("previous", "") in ("true", "1")
    if not pod["spec"].get("nodeName"):
        return None
    lines = read(pod, name, previous)
    if lines is None:
        raise errors.bad_request(_no_log(pod, name, previous))
    return _cut(lines, query, world)


def log_container(pod: Obj, query: Mapping[str, str]) -> str:
    """The container that is meant. Raises 400 when there is none of that name, or several to choose from."""
    name = query.get("container", "")
    containers = [c["name"] for c in [*each(pod["spec"], "initContainers"), *pod["spec"]["containers"]]]
    pod_name = pod["metadata"]["name"]
    if not name:
        if len(pod["spec"]["containers"]) > 1 or len(containers) > 1:
            mains = [c["name"] for c in pod["spec"]["containers"]]
            inits = [c["name"] for c in each(pod["spec"], "initContainers")]
            also = f" or one of the init containers: [{' '.join(inits)}]" if inits else ""
            raise errors.bad_request(f"a container name must be specified for pod {pod_name}, choose one of: [{' '.join(mains)}]{also}")
        name = containers[0]
    if name not in containers:
        raise errors.bad_request(f"container {name} is not valid for pod {pod_name}")
    return name


def _no_log(pod: Obj, container: str, previous: bool) -> str:
    name = pod["metadata"]["name"]
    if previous:
        return f'previous terminated container "{container}" in pod "{name}" not found'
    for status in each(pod, "status", "containerStatuses"):
        if status["name"] == container and (waiting := inside(status, "state").get("waiting")):
            said = waiting.get("reason", "")
            if said in ("ErrImagePull", "ImagePullBackOff"):
                why = "trying and failing to pull image" if said == "ImagePullBackOff" else "image can't be pulled"
                return f'container "{container}" in pod "{name}" is waiting to start: {why}'
            return f'container "{container}" in pod "{name}" is waiting to start: {said}'
    return f'container "{container}" in pod "{name}" is not available'


def _cut(lines: list[str], query: Mapping[str, str], world: World) -> list[str]:
    """What `sinceSeconds`, `sinceTime` and `tailLines` leave."""
    start = _since(query, world)
    lines = [line for line in lines if line.partition(" ")[0] >= start] if start else lines
    if query.get("tailLines"):
        count = _count(query, "tailLines")
        lines = lines[-count:] if count else []
    return lines


def _since(query: Mapping[str, str], world: World) -> str:
    """The time from which on lines are wanted, as they carry it; empty for all."""
    if query.get("sinceSeconds"):
        return timestamps.micros(world.now - timedelta(seconds=_count(query, "sinceSeconds")))
    text = query.get("sinceTime", "")
    try:
        return timestamps.micros(timestamps.parse(text)) if text else ""
    except ValueError:
        why = f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'
        raise errors.bad_request(why) from None


def _count(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not text.isdigit():
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def log_bytes(lines: Iterable[str], query: Mapping[str, str]) -> bytes:
    """The lines as they are sent: with their times only when these are asked for, and no more than `limitBytes`."""
    if query.get("timestamps") not in ("true", "1"):
        lines = (line.partition(" ")[2] for line in lines)
    text = "".join(line + "\n" for line in lines).encode()
    return text[: _count(query, "limitBytes")] if query.get("limitBytes") else text


def evict(world: World, deletes: Deletes, resource: Resource, key: Key, body: Obj, *, dry_run: bool) -> Obj:
    """Delete the pod if its disruption budgets leave room, else 429."""
    pod = world.store.get("pods", *key)
    if pod is None:
        raise errors.not_found(resource, key[1])
    if not deleting(pod) and inside(pod, "status").get("phase") not in ("Succeeded", "Failed", "Pending"):
        _spend_budget(world, pod, dry_run)
    options: Obj = inside(body, "deleteOptions")
    conditions: Obj = inside(options, "preconditions")
    wanted = DeleteOptions(options.get("gracePeriodSeconds"), conditions.get("uid") or "", conditions.get("resourceVersion") or "",
                           dry_run=dry_run)  # fmt: skip
    deletes.delete(resource, key, wanted)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _spend_budget(world: World, pod: Obj, dry_run: bool) -> None:
    namespace = pod["metadata"]["namespace"]
    budgets = [
        budget
        for budget in world.store.list("poddisruptionbudgets.policy", namespace)
        if (selector := from_object(budget["spec"].get("selector"))) and selector.matches(labels_of(pod))
    ]
    if len(budgets) > 1:
        why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise errors.ApiError(500, "InternalError", why)
    for budget in budgets:
        status = inside(budget, "status")
        if status.get("disruptionsAllowed", 0) < 1:
            raise _over_budget(budget)
        if not dry_run:
            key = (namespace, budget["metadata"]["name"])
            left = status["disruptionsAllowed"] - 1
            world.edit("poddisruptionbudgets.policy", key, lambda stored, left=left: stored["status"].update(disruptionsAllowed=left))


def _over_budget(budget: Obj) -> errors.ApiError:
    status, name = inside(budget, "status"), budget["metadata"]["name"]
    said = (
        f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and has "
        f"{status.get('currentHealthy', 0)} currently"
    )
    details = {"causes": [{"reason": "DisruptionBudget", "message": said}]}
    return errors.ApiError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", details)


def bind(world: World, resource: Resource, key: Key, node: str) -> None:
    """Give the pod to a node: what a scheduler does."""
    pod = world.store.get("pods", *key)
    if pod is None:
        raise errors.not_found(resource, key[1])
    if pod["spec"].get("nodeName"):
        why = f'pod {key[1]} is already assigned to node "{pod["spec"]["nodeName"]}"'
        raise errors.conflict(Resource("", "v1", "Binding", "pods/binding", ""), key[1], why)
    world.bind(key, node)
