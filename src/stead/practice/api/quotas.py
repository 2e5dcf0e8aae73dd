"""ResourceQuotas: what objects cost, which of them a quota counts, and what is refused.

Source: `k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go`, `pkg/quota/v1/evaluator/core`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from stead.practice import quantity
from stead.practice.api import errors
from stead.practice.api.initial import qos_class
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each, inside, name_of
from stead.practice.world import World

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_CLASS = ".storageclass.storage.k8s.io/"


def admit(world: World, resource: Resource, obj: Obj) -> None:
    """Refuse what a ResourceQuota of the namespace does not leave room for."""
    if not resource.namespaced or resource.key in ("resourcequotas", "events", "leases.coordination.k8s.io"):
        return
    for limit in world.store.list("resourcequotas", obj["metadata"]["namespace"]):
        if not _counts(limit, resource.key, obj):
            continue
        hard: Obj = inside(limit["spec"], "hard")
        _insist(limit, resource, obj, hard)
        asked = {name: amount for name, amount in charges(resource.key, obj).items() if name in hard}
        used = usage(world, limit, list(asked))
        over = [name for name in sorted(asked) if asked[name] and used[name] + asked[name] > quantity.parse(hard[name])]
        if over:
            raise errors.forbidden(resource, obj["metadata"].get("name", ""), _exceeded(limit, over, asked, used, hard))


def _insist(limit: Obj, resource: Resource, obj: Obj, hard: Obj) -> None:
    """A quota of CPU or memory wants every container to say how much."""
    if resource.key != "pods":
        return
    said: list[str] = []
    for name in sorted(hard):
        side, what = (
            ("limits", name.removeprefix("limits.")) if name.startswith("limits.") else ("requests", name.removeprefix("requests."))
        )
        if what in _COMPUTE:
            silent = [c["name"] for c in each(obj["spec"], "containers") if what not in inside(c, "resources", side)]
            if silent:
                said.append(f"{name} for: {','.join(silent)}")
    if said:
        why = f"failed quota: {name_of(limit)}: must specify {'; '.join(said)}"
        raise errors.forbidden(resource, obj["metadata"].get("name", ""), why)


def _exceeded(limit: Obj, over: list[str], asked: dict[str, Fraction], used: dict[str, Fraction], hard: Obj) -> str:
    def said(amounts: Callable[[str], str]) -> str:
        return ",".join(f"{name}={amounts(name)}" for name in over)

    return (
        f"exceeded quota: {name_of(limit)}, requested: {said(lambda n: quantity.text(asked[n], str(hard[n])))}, "
        f"used: {said(lambda n: quantity.text(used[n], str(hard[n])))}, limited: {said(lambda n: str(hard[n]))}"
    )


def _counts(limit: Obj, resource: str, obj: Obj) -> bool:
    """Whether the quota is about this object: scopes are about pods alone."""
    scopes = [{"scopeName": name, "operator": "Exists"} for name in each(limit["spec"], "scopes")]
    scopes += each(limit["spec"], "scopeSelector", "matchExpressions")
    return not scopes or (resource == "pods" and all(_in_scope(scope, obj["spec"]) for scope in scopes))


def _in_scope(scope: Obj, spec: Obj) -> bool:
    match scope["scopeName"]:
        case "BestEffort":
            return qos_class(spec) == "BestEffort"
        case "NotBestEffort":
            return qos_class(spec) != "BestEffort"
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "PriorityClass":
            return _of_class(scope, spec.get("priorityClassName", ""))
        case _:
            return _far_affinity(spec)


def _of_class(scope: Obj, name: str) -> bool:
    match scope.get("operator"):
        case "In":
            return name in each(scope, "values")
        case "NotIn":
            return name not in each(scope, "values")
        case "DoesNotExist":
            return not name
        case _:
            return bool(name)


def _far_affinity(spec: Obj) -> bool:
    """CrossNamespacePodAffinity: whether an affinity looks into other namespaces."""
    for kind in ("podAffinity", "podAntiAffinity"):
        given = inside(spec, "affinity", kind)
        terms = each(given, "requiredDuringSchedulingIgnoredDuringExecution")
        wishes = each(given, "preferredDuringSchedulingIgnoredDuringExecution")
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in [*terms, *(w["podAffinityTerm"] for w in wishes)]):
            return True
    return False


def charges(resource: str, obj: Obj) -> dict[str, Fraction]:
    """What one object costs a quota, by the quota's names."""
    plural, _, group = resource.partition(".")
    costs = {f"count/{plural}{'.' + group if group else ''}": Fraction(1)}
    if not group:
        costs[plural] = Fraction(1)
    if resource == "pods":
        costs |= _of_pod(obj)
    elif resource == "services":
        kind, ports = obj["spec"].get("type"), len(each(obj["spec"], "ports"))
        costs["services.loadbalancers"] = Fraction(kind == "LoadBalancer")
        costs["services.nodeports"] = Fraction(ports if kind in ("NodePort", "LoadBalancer") else 0)
    elif resource == "persistentvolumeclaims":
        wanted = quantity.parse(inside(obj["spec"], "resources", "requests").get("storage", "0"))
        costs["requests.storage"] = wanted
        if name := obj["spec"].get("storageClassName"):
            costs |= {f"{name}{_CLASS}requests.storage": wanted, f"{name}{_CLASS}persistentvolumeclaims": Fraction(1)}
    return costs


def _of_pod(pod: Obj) -> dict[str, Fraction]:
    costs: dict[str, Fraction] = dict.fromkeys(
        ["cpu", "memory", *(f"{s}.{n}" for s in ("requests", "limits") for n in _COMPUTE)], Fraction(0)
    )
    for container in each(pod["spec"], "containers"):
        for side in ("requests", "limits"):
            for name, amount in inside(container, "resources", side).items():
                costs[f"{side}.{name}"] = costs.get(f"{side}.{name}", Fraction(0)) + quantity.parse(amount)
    costs["cpu"], costs["memory"] = costs["requests.cpu"], costs["requests.memory"]
    return costs


def usage(world: World, limit: Obj, names: list[str]) -> dict[str, Fraction]:
    """What the objects of the namespace that the quota counts cost now."""
    total = {name: Fraction(0) for name in names}
    namespace = limit["metadata"]["namespace"]
    by_resource: dict[str, list[str]] = {}
    for name in names:
        by_resource.setdefault(_counted_by(name), []).append(name)
    for resource, wanted in by_resource.items():
        for obj in world.store.list(resource, namespace):
            over = resource == "pods" and inside(obj, "status").get("phase") in ("Succeeded", "Failed")
            if not over and _counts(limit, resource, obj):
                costs = charges(resource, obj)
                for name in wanted:
                    total[name] += costs.get(name, Fraction(0))
    return total


def _counted_by(name: str) -> str:
    """The resource whose objects a quota's name is about."""
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name == "requests.storage" or _CLASS in name:
        return "persistentvolumeclaims"
    if name.startswith("services."):
        return "services"
    return "pods" if name in _COMPUTE or name.startswith(("requests.", "limits.")) else name
