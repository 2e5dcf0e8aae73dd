"""A custom resource that its controller, or its lack of one, says is not well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from stead.checks.custom.health import judge
from stead.checks.custom.learned import Learned, learn
from stead.checks.custom.refs import depends_on
from stead.checks.custom.resource import Health, Resource, Verdict
from stead.checks.custom.rules import Rule, rule_of
from stead.checks.custom.runs import is_history, series
from stead.checks.kubernetes.common import MESSAGE_LIMIT, after, kubectl_get
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import Kind, kind_of
from stead.estate.kubernetes.slices import Custom, CustomResourceDefinition
from stead.estate.kubernetes.view import View


@check(watches=[Custom, CustomResourceDefinition])
def custom_resource(obj: Custom, view: View, now: datetime) -> Finding | Progressing | None:
    """A custom resource says that it is degraded, has not become ready in time, or has not been looked at by its controller.

    Conditions, phases, health, replicas and observedGeneration are read by exact rules for the kinds that are known, and by Kubernetes'
    conventions for all others. What is suspended, done or replaced by a later run is left alone, and so are words that nobody explained.
    """
    return examine(obj, view, now, rule_of)


def examine(obj: Custom, view: View, now: datetime, find: Callable[[str, str], Rule]) -> Finding | Progressing | None:
    """The same, by the rules that `find` has for an API group and a kind."""
    kind = kind_of(type(obj))
    rule = find(kind.group, kind.kind)
    resource = Resource.of(obj, kind.kind)
    verdict = judge(resource, rule, _learned(kind, view), now)
    if verdict.health in (Health.HEALTHY, Health.SUSPENDED):
        return None
    if verdict.health is Health.DEGRADED and _is_history(obj, resource, rule, verdict, view, now):
        return None
    finding = view.finding(
        obj,
        reason=verdict.reason,
        summary=f"{kind.kind} {_path(obj)} {_printable(verdict.says)}",
        severity=verdict.severity,
        evidence=_evidence(obj, verdict),
        depends_on=depends_on(obj, resource, rule, view),
        since=verdict.since,
    )
    finding = replace(finding, top=_top(obj, resource, rule, view))
    if verdict.wait is None:
        return finding
    if verdict.since is not None:
        until = after(verdict.since, verdict.wait)
        return finding if now >= until else Progressing(until=until, finding=finding)
    return Progressing(until=after(now, verdict.wait), finding=finding, sticky=True)


def _is_history(obj: Custom, resource: Resource, rule: Rule, verdict: Verdict, view: View, now: datetime) -> bool:
    once = rule.run is not None or obj.metadata.generate_name != ""
    return once and is_history(obj, resource, rule, verdict, view, now, lambda other: _judged(other, rule, view, now))


def _judged(other: Custom, rule: Rule, view: View, now: datetime) -> Verdict:
    kind = kind_of(type(other))
    return judge(Resource.of(other, kind.kind), rule, _learned(kind, view), now)


def _learned(kind: Kind, view: View) -> Learned:
    return view.derived(CustomResourceDefinition, ("columns", kind.resource), lambda every: learn(every, kind.resource))


def _top(obj: Custom, resource: Resource, rule: Rule, view: View) -> Subject | None:
    """Whom a person thinks of when the object's own name was made up: its series, its owner."""
    meta = obj.metadata
    owner = next((o for o in meta.owner_references if o.controller and o.name), next((o for o in meta.owner_references if o.name), None))
    if owner is not None and (rule.folds or rule.run is not None or meta.generate_name):
        return Subject(
            estate=view.estate_id, api_version=owner.api_version, kind=owner.kind, namespace=meta.namespace, name=owner.name, uid=owner.uid
        )
    name = series(obj, resource, rule).rstrip("-") if rule.run is not None or meta.generate_name else ""
    return replace(view.subject(obj), name=name, uid="") if name else None


def _evidence(obj: Custom, verdict: Verdict) -> Iterator[Evidence]:
    for one in verdict.seen:
        command = kubectl_get(obj, one.path)
        if one.value:
            yield Evidence(what=one.what, value=_printable(one.value), command=command)
        if one.message:
            yield Evidence(what=f"message of {one.what}", value=one.message[:MESSAGE_LIMIT], command=command, tainted=True)
    if not verdict.seen:
        yield Evidence(what="object", value=verdict.reason, command=f"{kubectl_get(obj)} -o yaml")


def _path(obj: Custom) -> str:
    meta = obj.metadata
    return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:300]
