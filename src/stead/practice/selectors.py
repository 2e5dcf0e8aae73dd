"""Label selectors (the text form and the object form) and field selectors.

Promise: what a real server refuses is refused with its words. Sources: `k8s.io/apimachinery/pkg/labels` and
`pkg/fields`; the supported field labels are those of `pkg/apis/core/v1/conversion.go`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stead.practice.objects import Obj, each, field, inside, labels_of

_TOKEN = re.compile(r"\s*(!=|==|=|!|,|\(|\)|>|<|[^\s!=,()<>]+)")


class SelectorError(ValueError):
    """The selector cannot be parsed; the message is the real server's."""


@dataclass(frozen=True, slots=True)
class Requirement:
    key: str
    operator: str  # in, notin, exists, !, gt, lt
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "gt":
                return _number(value) is not None and int(value or 0) > int(self.values[0])
            case _:
                return _number(value) is not None and int(value or 0) < int(self.values[0])

    def __str__(self) -> str:
        if self.operator == "exists":
            return self.key
        if self.operator == "!":
            return f"!{self.key}"
        if self.operator == "in" and len(self.values) == 1:
            return f"{self.key}={self.values[0]}"
        if self.operator == "notin" and len(self.values) == 1:
            return f"{self.key}!={self.values[0]}"
        return f"{self.key} {self.operator} ({','.join(sorted(self.values))})"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All of its requirements must hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


def _number(value: str | None) -> int | None:
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None


def parse_labels(text: str) -> LabelSelector:
    """`app=web,tier!=db,env in (a,b),!canary`."""
    tokens = [found[1] for found in _TOKEN.finditer(text)]
    requirements: list[Requirement] = []
    position = 0
    while position < len(tokens):
        requirement, position = _requirement(tokens, position)
        requirements.append(requirement)
        if position < len(tokens):
            if tokens[position] != ",":
                raise SelectorError(f"found '{tokens[position]}', expected: ',' or 'end of string'")
            position += 1
            if position == len(tokens):
                raise SelectorError("found '', expected: identifier after ','")
    return LabelSelector(tuple(sorted(requirements, key=lambda item: item.key)))


def _requirement(tokens: Sequence[str], at: int) -> tuple[Requirement, int]:
    if tokens[at] == "!":
        return Requirement(_identifier(tokens, at + 1), "!"), at + 2
    key = _identifier(tokens, at)
    operator = tokens[at + 1] if at + 1 < len(tokens) else ","
    if operator == ",":
        return Requirement(key, "exists"), at + 1
    if operator in ("=", "==", "!="):
        return _equality(tokens, at, key, "notin" if operator == "!=" else "in")
    if operator in ("in", "notin"):
        return _set(tokens, at + 2, key, operator)
    if operator in (">", "<"):
        return Requirement(key, "gt" if operator == ">" else "lt", (_identifier(tokens, at + 2),)), at + 3
    raise SelectorError(f"unable to parse requirement: found '{operator}', expected: in, notin, =, ==, !=, gt, lt")


def _equality(tokens: Sequence[str], at: int, key: str, operator: str) -> tuple[Requirement, int]:
    if at + 2 >= len(tokens) or tokens[at + 2] == ",":
        return Requirement(key, operator, ("",)), at + 2
    return Requirement(key, operator, (_identifier(tokens, at + 2),)), at + 3


def _set(tokens: Sequence[str], at: int, key: str, operator: str) -> tuple[Requirement, int]:
    if at >= len(tokens) or tokens[at] != "(":
        raise SelectorError(f"unable to parse requirement: found '{tokens[at] if at < len(tokens) else ''}', expected: '('")
    values: list[str] = []
    at += 1
    while at < len(tokens) and tokens[at] != ")":
        if tokens[at] != ",":
            values.append(tokens[at])
        at += 1
    if at >= len(tokens):
        raise SelectorError("unable to parse requirement: found '', expected: ',' or ')'")
    return Requirement(key, operator, tuple(values)), at + 1


def _identifier(tokens: Sequence[str], at: int) -> str:
    found = tokens[at] if at < len(tokens) else ""
    if not found or found in "!=,()<>" or found == "==":
        raise SelectorError(f"unable to parse requirement: found '{found}', expected: identifier")
    return found


_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!", "Gt": "gt", "Lt": "lt"}


def expressions(items: Sequence[Obj]) -> tuple[Requirement, ...]:
    return tuple(Requirement(i["key"], _OPERATORS[i["operator"]], tuple(each(i, "values"))) for i in items)


def from_object(selector: Obj | None) -> LabelSelector | None:
    """`matchLabels` and `matchExpressions`. None (matches nothing) for an absent selector; {} matches everything."""
    if selector is None:
        return None
    equal = [Requirement(key, "in", (value,)) for key, value in sorted(inside(selector, "matchLabels").items())]
    return LabelSelector((*equal, *expressions(each(selector, "matchExpressions"))))


def of_scaled(obj: Obj) -> Obj | None:
    """The selector of something that has a scale; that of a ReplicationController is a plain map."""
    given: Obj | None = inside(obj, "spec").get("selector")
    plain = given and not {"matchLabels", "matchExpressions"} & given.keys()
    return {"matchLabels": given} if plain else given


def selects(selector: Obj | None, obj: Obj) -> bool:
    parsed = from_object(selector)
    return parsed is not None and parsed.matches(labels_of(obj))


# Beside metadata.name and metadata.namespace, which every kind has.
FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "events": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
        "reason", "reportingComponent", "source", "type",
    ),
    "replicasets.apps": ("status.replicas",),
    "jobs.batch": ("status.successful",),
}  # fmt: skip
_FIELD_ALIASES = {"source": "source.component", "status.successful": "status.succeeded"}


@dataclass(frozen=True, slots=True)
class FieldSelector:
    terms: tuple[tuple[str, bool, str], ...] = ()  # path, equal?, value

    def matches(self, obj: Obj) -> bool:
        return all((field_value(obj, path) == value) is equal for path, equal, value in self.terms)


def parse_fields(text: str, resource: str) -> FieldSelector:
    terms: list[tuple[str, bool, str]] = []
    for part in filter(None, text.split(",")):
        found = re.match(r"^([^!=]+)(!=|==|=)(.*)$", part)
        if not found:
            raise SelectorError(f"invalid selector: '{text}'; can't understand '{part}'")
        path = found[1]
        if path not in ("metadata.name", "metadata.namespace", *FIELDS.get(resource, ())):
            raise SelectorError(f"field label not supported: {path}")
        terms.append((path, found[2] != "!=", found[3]))
    # The longest value is the most telling: an object's name before its kind, so that most are asked one question.
    return FieldSelector(tuple(sorted(terms, key=lambda term: -len(term[2]))))


@lru_cache(maxsize=64)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_FIELD_ALIASES.get(path, path).split("."))


def field_value(obj: Obj, path: str) -> str:
    value: Any = obj
    for name in _steps(path):
        value = field(value, name)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "false" if path in ("spec.unschedulable", "spec.hostNetwork") else ""
    return str(value)


EVERY_LABEL, EVERY_FIELD = LabelSelector(), FieldSelector()
