"""The arithmetic of a rolling update: how many more, how many fewer. Pure functions over ReplicaSets.

Source: `pkg/controller/deployment/util/deployment_util.go`, `rolling.go`.
"""

from __future__ import annotations

import math

from stead.practice.names import template_hash
from stead.practice.objects import Obj, annotations_of, inside, labels_of, name_of

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
HASH = "pod-template-hash"


def scaled(value: int | str, total: int, *, up: bool) -> int:
    """An absolute number, or a percentage of `total` rounded up or down."""
    if isinstance(value, int):
        return value
    part = int(value.rstrip("%")) * total / 100
    return math.ceil(part) if up else math.floor(part)


def bounds(deployment: Obj) -> tuple[int, int]:
    """maxSurge and maxUnavailable. Both zero would never move, so then one may be unavailable."""
    replicas = deployment["spec"]["replicas"]
    rolling = inside(deployment["spec"]["strategy"], "rollingUpdate")
    if deployment["spec"]["strategy"]["type"] != "RollingUpdate":
        return 0, 0
    surge = scaled(rolling.get("maxSurge", "25%"), replicas, up=True)
    missing = scaled(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    return surge, min(replicas, missing or (0 if surge else 1))


def wanted(replicaset: Obj) -> int:
    return replicaset["spec"]["replicas"]


def available(replicaset: Obj) -> int:
    return inside(replicaset, "status").get("availableReplicas", 0)


def total(replicasets: list[Obj]) -> int:
    return sum(wanted(replicaset) for replicaset in replicasets)


def revision(obj: Obj) -> int:
    return int(annotations_of(obj).get(REVISION) or 0)


def same_template(replicaset: Obj, deployment: Obj) -> bool:
    """Equal but for the hash label, which the deployment's own template does not have."""
    return bare_template(replicaset["spec"]["template"]) == bare_template(deployment["spec"]["template"])


def bare_template(template: Obj) -> Obj:
    meta = dict(inside(template, "metadata"))
    meta["labels"] = {name: value for name, value in inside(meta, "labels").items() if name != HASH}
    meta.pop("creationTimestamp", None)
    return {"metadata": meta, "spec": template["spec"]}


def hash_of(deployment: Obj) -> str:
    return template_hash(bare_template(deployment["spec"]["template"]), inside(deployment, "status").get("collisionCount", 0))


def new_size(deployment: Obj, everything: list[Obj], new: int) -> int:
    """How large the new ReplicaSet may become now, given all that exist."""
    replicas = deployment["spec"]["replicas"]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        return replicas
    surge, _ = bounds(deployment)
    room = replicas + surge - total(everything)
    return new if room <= 0 else new + min(room, replicas - new)


def oldest_first(replicasets: list[Obj]) -> list[Obj]:
    return sorted(replicasets, key=lambda rs: (rs["metadata"]["creationTimestamp"], name_of(rs)))


def reductions(deployment: Obj, new: Obj | None, old: list[Obj]) -> dict[str, int]:
    """The old ReplicaSets that may shrink now, by name, with their new sizes: first unhealthy pods go, then healthy ones."""
    everything = [*old, *([new] if new else [])]
    _, missing = bounds(deployment)
    least = deployment["spec"]["replicas"] - missing
    not_up = wanted(new) - available(new) if new else 0
    spare = total(everything) - least - not_up
    sizes = {name_of(rs): wanted(rs) for rs in old}
    if total(old) == 0 or spare <= 0:
        return {}
    for rs in oldest_first(old):
        cut = min(spare, wanted(rs) - available(rs), wanted(rs))
        if cut > 0:
            sizes[name_of(rs)] -= cut
            spare -= cut
    surplus = sum(available(rs) for rs in everything) - least
    for rs in oldest_first(old):
        cut = min(surplus, sizes[name_of(rs)])
        if cut > 0:
            sizes[name_of(rs)] -= cut
            surplus -= cut
    return {name_of(rs): sizes[name_of(rs)] for rs in old if sizes[name_of(rs)] != wanted(rs)}


def proportional(deployment: Obj, running: list[Obj]) -> dict[str, int]:
    """Spread a change of the replicas in the middle of a rollout over the running ReplicaSets, the largest first."""
    surge, _ = bounds(deployment)
    target = deployment["spec"]["replicas"] + (surge if deployment["spec"]["replicas"] else 0)
    present = total(running)
    left = target - present
    sizes: dict[str, int] = {}
    for rs in sorted(running, key=lambda item: (-wanted(item), item["metadata"]["creationTimestamp"])):
        share = round(wanted(rs) * target / present) - wanted(rs) if present else 0
        share = max(min(share, left), 0) if left > 0 else min(max(share, left), 0)
        sizes[name_of(rs)] = max(0, wanted(rs) + share)
        left -= share
    if left and sizes:
        first = next(iter(sizes))
        sizes[first] = max(0, sizes[first] + left)
    return sizes


def labelled(template: Obj, value: str) -> Obj:
    """The template with its hash as a label."""
    meta = dict(inside(template, "metadata"))
    return {**template, "metadata": {**meta, "labels": {**inside(meta, "labels"), HASH: value}}}


def has_hash(obj: Obj) -> str:
    return labels_of(obj).get(HASH, "")
