"""What is refused of a pod's wishes about nodes and neighbours. Source: `pkg/apis/core/validation/validation.go`.

Promise: what passes here can be read by the scheduler: every operator is known and has the values that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from stead.practice.api.causes import forbidden, invalid, required, unsupported
from stead.practice.api.errors import Cause
from stead.practice.objects import Obj, each, inside

_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
_REQUIRED, _PREFERRED = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
_EMPTY = "can not be empty"


def selector(given: Obj | None, at: str) -> Iterator[Cause]:
    """A label selector."""
    for index, expression in enumerate(each(given or {}, "matchExpressions")):
        yield from _expression(expression, f"{at}.matchExpressions[{index}]", numbers=False)


def node_selector(given: Obj | None, at: str) -> Iterator[Cause]:
    if given is None:
        return
    terms = each(given, "nodeSelectorTerms")
    if not terms:
        yield required(f"{at}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        yield from _node_term(term, f"{at}.nodeSelectorTerms[{index}]")


def _node_term(term: Obj, at: str) -> Iterator[Cause]:
    for index, expression in enumerate(each(term, "matchExpressions")):
        yield from _expression(expression, f"{at}.matchExpressions[{index}]", numbers=True)
    for index, expression in enumerate(each(term, "matchFields")):
        where = f"{at}.matchFields[{index}]"
        if expression.get("operator") not in ("In", "NotIn"):
            yield invalid(f"{where}.operator", expression.get("operator", ""), "not a valid selector operator")
        elif len(each(expression, "values")) != 1:
            yield required(f"{where}.values", "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
        if expression.get("key") != "metadata.name":
            yield invalid(f"{where}.key", expression.get("key", ""), "not a valid field selector key")


def _expression(given: Obj, at: str, *, numbers: bool) -> Iterator[Cause]:
    operator, values = given.get("operator", ""), each(given, "values")
    if not given.get("key"):
        yield invalid(f"{at}.key", "", "name part must be non-empty")
    if operator in ("In", "NotIn"):
        if not values:
            yield required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield forbidden(f"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    elif numbers and operator in ("Gt", "Lt"):
        if len(values) != 1 or not values[0].lstrip("-").isdecimal():
            yield required(f"{at}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        yield invalid(f"{at}.operator", operator, "not a valid selector operator")


def placement(spec: Obj, at: str) -> Iterator[Cause]:
    """All of a pod's spec that the scheduler reads, beside what it asks for."""
    affinity = inside(spec, "affinity")
    nodes = inside(affinity, "nodeAffinity")
    where = f"{at}.affinity.nodeAffinity"
    yield from node_selector(nodes.get(_REQUIRED), f"{where}.{_REQUIRED}")
    for index, wish in enumerate(each(nodes, _PREFERRED)):
        yield from _weight(wish, f"{where}.{_PREFERRED}[{index}]")
        yield from _node_term(inside(wish, "preference"), f"{where}.{_PREFERRED}[{index}].preference")
    for kind in ("podAffinity", "podAntiAffinity"):
        yield from _pods(inside(affinity, kind), f"{at}.affinity.{kind}")
    for index, constraint in enumerate(each(spec, "topologySpreadConstraints")):
        yield from _spread(constraint, f"{at}.topologySpreadConstraints[{index}]")
    for index, toleration in enumerate(each(spec, "tolerations")):
        yield from _toleration(toleration, f"{at}.tolerations[{index}]")


def _pods(given: Obj, at: str) -> Iterator[Cause]:
    for index, term in enumerate(each(given, _REQUIRED)):
        yield from _pod_term(term, f"{at}.{_REQUIRED}[{index}]")
    for index, wish in enumerate(each(given, _PREFERRED)):
        yield from _weight(wish, f"{at}.{_PREFERRED}[{index}]")
        yield from _pod_term(inside(wish, "podAffinityTerm"), f"{at}.{_PREFERRED}[{index}].podAffinityTerm")


def _weight(wish: Obj, at: str) -> Iterator[Cause]:
    if not 1 <= wish.get("weight", 0) <= 100:
        yield invalid(f"{at}.weight", wish.get("weight", 0), "must be in the range 1-100")


def _pod_term(term: Obj, at: str) -> Iterator[Cause]:
    yield from selector(term.get("labelSelector"), f"{at}.labelSelector")
    yield from selector(term.get("namespaceSelector"), f"{at}.namespaceSelector")
    if not term.get("topologyKey"):
        yield required(f"{at}.topologyKey", _EMPTY)


def _spread(given: Obj, at: str) -> Iterator[Cause]:
    if given.get("maxSkew", 0) <= 0:
        yield invalid(f"{at}.maxSkew", given.get("maxSkew", 0), "must be greater than zero")
    if not given.get("topologyKey"):
        yield required(f"{at}.topologyKey", _EMPTY)
    if given.get("whenUnsatisfiable") not in ("DoNotSchedule", "ScheduleAnyway"):
        yield unsupported(f"{at}.whenUnsatisfiable", given.get("whenUnsatisfiable", ""), ["DoNotSchedule", "ScheduleAnyway"])
    yield from selector(given.get("labelSelector"), f"{at}.labelSelector")


def _toleration(given: Obj, at: str) -> Iterator[Cause]:
    operator = given.get("operator") or "Equal"
    if not given.get("key") and operator != "Exists":
        why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield invalid(f"{at}.operator", operator, why)
    if given.get("tolerationSeconds") is not None and given.get("effect") != "NoExecute":
        yield invalid(f"{at}.effect", given.get("effect", ""), "effect must be 'NoExecute' when `tolerationSeconds` is set")
    if operator not in ("Equal", "Exists"):
        yield unsupported(f"{at}.operator", operator, ["Equal", "Exists"])
    elif operator == "Exists" and given.get("value"):
        yield invalid(f"{at}.operator", given, "value must be empty when `operator` is 'Exists'")
    if given.get("effect") not in (None, "", *_EFFECTS):
        yield unsupported(f"{at}.effect", given["effect"], _EFFECTS)
