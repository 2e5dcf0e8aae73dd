"""LimitRanges: what a container gets that says nothing, and what is too little or too much. Source: `plugin/pkg/admission/limitranger`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from stead.practice import quantity
from stead.practice.api import errors
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each, inside
from stead.practice.world import World

_NOTE = "kubernetes.io/limit-ranger"


def apply(world: World, resource: Resource, obj: Obj) -> None:
    """Complete the caller's pod, then refuse (403) a pod or a claim that a range of its namespace does not allow."""
    ranges = world.store.list("limitranges", obj["metadata"]["namespace"])
    items: list[Obj] = [item for found in ranges for item in each(found["spec"], "limits")]
    if not items:
        return
    if resource.key == "pods":
        _complete(obj, [item for item in items if item["type"] == "Container"])
        problems = [problem for item in items for problem in _of_pod(obj, item)]
    else:
        asked = inside(obj["spec"], "resources", "requests")
        problems = [problem for item in items if item["type"] == "PersistentVolumeClaim" for problem in _of_claim(asked, item)]
    if problems:
        said = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        raise errors.forbidden(resource, obj["metadata"].get("name", ""), said)


def fill(limit: Obj) -> None:
    """What a range of containers leaves out, from what it says (`pkg/apis/core/v1/defaults.go`, SetDefaults_LimitRangeItem)."""
    for item in each(limit["spec"], "limits"):
        if item.get("type") == "Container":
            most = {**inside(item, "max"), **inside(item, "default")}
            least = {**inside(item, "min"), **most, **inside(item, "defaultRequest")}
            item.update({name: values for name, values in (("default", most), ("defaultRequest", least)) if values})


def _complete(pod: Obj, items: list[Obj]) -> None:
    notes: list[str] = []
    for kind, one in (("containers", "container"), ("initContainers", "init container")):
        for container in each(pod["spec"], kind):
            for side, name in (("requests", "defaultRequest"), ("limits", "default")):
                given = inside(container, "resources", side)
                added = {key: value for item in items for key, value in inside(item, name).items() if key not in given}
                if added:
                    container["resources"] = {**inside(container, "resources"), side: {**given, **added}}
                    notes.append(f"{', '.join(sorted(added))} {side.removesuffix('s')} for {one} {container['name']}")
    if notes:
        meta = pod["metadata"]
        meta["annotations"] = {**inside(meta, "annotations"), _NOTE: f"LimitRanger plugin set: {'; '.join(notes)}"}


def _of_pod(pod: Obj, item: Obj) -> Iterator[str]:
    containers = each(pod["spec"], "containers")
    if item["type"] == "Container":
        for container in [*containers, *each(pod["spec"], "initContainers")]:
            yield from _bounds(item, inside(container, "resources", "requests"), inside(container, "resources", "limits"))
    elif item["type"] == "Pod":
        yield from _bounds(item, _sum(containers, "requests"), _sum(containers, "limits"))


def _of_claim(asked: Obj, item: Obj) -> Iterator[str]:
    """A claim has no limits: what it asks for is held against both bounds."""
    for name, enforced in sorted(inside(item, "min").items()):
        if said := _least(item["type"], name, str(enforced), asked, {}):
            yield said
    for name, enforced in sorted(inside(item, "max").items()):
        if name not in asked or quantity.parse(asked[name]) > quantity.parse(enforced):
            end = f", but request is {asked[name]}" if name in asked else ".  No request is specified"
            yield f"maximum {name} usage per {item['type']} is {enforced}{end}"


def _sum(containers: list[Obj], side: str) -> Obj:
    total: dict[str, Fraction] = {}
    shown: dict[str, str] = {}
    for container in containers:
        for name, amount in inside(container, "resources", side).items():
            total[name] = total.get(name, Fraction(0)) + quantity.parse(amount)
            shown[name] = str(amount)
    return {name: quantity.text(amount, shown[name]) for name, amount in total.items()}


def _bounds(item: Obj, requests: Obj, limits: Obj) -> Iterator[str]:
    """The sentences about one thing, in the order of the plugin: least, most, ratio."""
    kind = item["type"]
    for bound, check in _CHECKS:
        for name, enforced in sorted(inside(item, bound).items()):
            if said := check(kind, name, str(enforced), requests, limits):
                yield said


def _least(kind: str, name: str, enforced: str, requests: Obj, limits: Obj) -> str:
    head = f"minimum {name} usage per {kind} is {enforced}"
    if name not in requests:
        return f"{head}.  No request is specified"
    for word, given in (("request", requests), ("limit", limits)):
        if name in given and quantity.parse(given[name]) < quantity.parse(enforced):
            return f"{head}, but {word} is {given[name]}"
    return ""


def _most(kind: str, name: str, enforced: str, requests: Obj, limits: Obj) -> str:
    head = f"maximum {name} usage per {kind} is {enforced}"
    if name not in limits:
        return f"{head}.  No limit is specified"
    for word, given in (("limit", limits), ("request", requests)):
        if name in given and quantity.parse(given[name]) > quantity.parse(enforced):
            return f"{head}, but {word} is {given[name]}"
    return ""


def _ratio(kind: str, name: str, enforced: str, requests: Obj, limits: Obj) -> str:
    head = f"{name} max limit to request ratio per {kind} is {enforced}, but"
    asked, most = (quantity.parse(given.get(name, 0)) for given in (requests, limits))
    if not asked:
        return f"{head} no request is specified or request is 0"
    if not most:
        return f"{head} no limit is specified or limit is 0"
    given = most / asked
    return f"{head} provided ratio is {float(given):.6f}" if given > quantity.parse(enforced) else ""


_CHECKS: tuple[tuple[str, Callable[[str, str, str, Obj, Obj], str]], ...] = (
    ("min", _least),
    ("max", _most),
    ("maxLimitRequestRatio", _ratio),
)
