"""Judges one custom resource: the rule of its kind first, then its conditions, its phase, its health, its replicas.

Promise: pure, and total: whatever an object looks like there is one answer, and what says nothing is not called sick.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from stead.checks.custom import conditions, phases
from stead.checks.custom.learned import Learned
from stead.checks.custom.paths import holds, parts, text, value, values
from stead.checks.custom.resource import HEALTHY, SUSPENDED, Health, Resource, Seen, Stated, Verdict, moment, stated
from stead.checks.custom.rules import Nested, Rule, Test, span

DELETE_WITHIN = timedelta(hours=1)
"""How long finalizers may take: a controller tears down what is outside the cluster."""
LAG_WITHIN = timedelta(minutes=30)
"""How long a controller may leave a changed spec unread: longer than the slowest common resync."""

UNREAD = Verdict(health=Health.MISSING, reason="NotReconciled", says="has not been looked at since it was changed", wait=LAG_WITHIN)

_SWITCHES = ("suspend", "suspended", "paused", "pause", "disabled")


def judge(resource: Resource, rule: Rule, learned: Learned, now: datetime) -> Verdict:
    """How the object is."""
    if resource.deleted is not None:
        return _deleting(resource, rule)
    if rule.record:
        return HEALTHY
    if _switched_off(resource) or any(holds(resource.data, when) for when in rule.suspended):
        return SUSPENDED
    exact = _tested(resource, rule)
    if exact is not None and exact.health is not Health.PROGRESSING:
        return exact
    said = _said(resource, rule, learned, now)
    if exact is None or said.health is Health.DEGRADED or (said.health is Health.PROGRESSING and exact.since is None and said.since):
        return _lagging(resource, rule, learned) if said is HEALTHY else said
    return exact


def _lagging(resource: Resource, rule: Rule, learned: Learned) -> Verdict:
    """A status that is good, but is about an older spec: kstatus calls that in progress, too. What has run to its end is never looked at
    again, and without a status of its own (subresource) every word of a controller counts as a new spec."""
    observed = resource.observed
    if observed is None:
        listed = (resource.conditions, *(part for nested in rule.nested for part, _ in _parts(resource, nested)))
        observed = max((one.observed for conditions_ in listed for one in conditions_), default=0)
    if not 0 < observed < resource.generation or rule.run is not None or not learned.own_status:
        return HEALTHY
    return HEALTHY if phases.is_over(resource, rule) else UNREAD


def _said(resource: Resource, rule: Rule, learned: Learned, now: datetime) -> Verdict:
    """What its conditions, and then its phases, say."""
    by_conditions = conditions.worst(_by_conditions(resource, rule, learned, now))
    if by_conditions is not None and by_conditions.health in (Health.DEGRADED, Health.SUSPENDED):
        return by_conditions
    if by_conditions is HEALTHY and not rule.phases:
        return HEALTHY  # a controller that says Ready has the last word over words that nobody explained to us
    if by_conditions is not None and phases.is_over(resource, rule):
        return HEALTHY
    by_phase = phases.judge(resource, rule, learned.phases)
    if by_phase is not None and by_phase.health in (Health.DEGRADED, Health.SUSPENDED):
        return by_phase
    if by_conditions is not None and by_conditions is not HEALTHY:
        return by_conditions
    return by_conditions or by_phase or _unsaid(resource, rule)


def _switched_off(resource: Resource) -> bool:
    """By the field that most kinds have for it, or by the annotation of Crossplane or Cluster API."""
    spec, annotations = resource.data["spec"], resource.data["metadata"]["annotations"]
    if any(spec.get(switch) is True for switch in _SWITCHES) or spec.get("enabled") is False:
        return True
    return annotations.get("crossplane.io/paused") == "true" or "cluster.x-k8s.io/paused" in annotations


def _deleting(resource: Resource, rule: Rule) -> Verdict:
    held = value(resource.data, "metadata.finalizers")
    names = ", ".join(str(one) for one in cast("list[Any]", held)[:5]) if isinstance(held, list) else ""
    return Verdict(
        health=Health.PROGRESSING,
        reason="StuckDeleting",
        says="is being deleted and does not go away",
        since=resource.deleted,
        wait=span(rule.delete_within) or DELETE_WITHIN,
        seen=(Seen("finalizers", names or "(none)", ".metadata.finalizers"),),
    )


def _tested(resource: Resource, rule: Rule) -> Verdict | None:
    test = next((one for one in rule.tests if holds(resource.data, one.when)), None)
    if test is None:
        return None
    if test.health in ("healthy", "suspended"):
        return HEALTHY if test.health == "healthy" else SUSPENDED
    paths = (test.since,) if isinstance(test.since, str) else test.since
    return Verdict(
        health=Health.PROGRESSING if test.wait or test.health == "progressing" else Health.DEGRADED,
        reason=test.reason,
        says=test.says or f"is {test.reason}",
        since=next((when for at in paths if (when := moment(value(resource.data, at))) is not None), None),
        wait=(span(test.wait) or rule.patience) if test.wait or test.health == "progressing" else None,
        severity=test.severity,
        seen=tuple(_shown(resource, test)),
    )


def _shown(resource: Resource, test: Test) -> Iterator[Seen]:
    message = text(resource.data, test.message) if test.message else ""
    for path in test.when:
        if not path.startswith("metadata."):
            found = ", ".join(dict.fromkeys(str(one) for one in values(resource.data, path) if isinstance(one, (str, int, float))))
            yield Seen(path.removeprefix("status."), found[:200] or "(none)", f".{path.replace('[]', '[*]')}", message)
            message = ""
    if message:
        yield Seen(test.message.removeprefix("status."), "", f".{test.message}", message)


def _by_conditions(resource: Resource, rule: Rule, learned: Learned, now: datetime) -> Iterator[Verdict]:
    if (whole := conditions.judge(resource.conditions, rule, learned.conditions, resource, now)) is not None:
        yield whole
    for nested in rule.nested:
        for part, name in _parts(resource, nested):
            own = Rule(good=nested.good, minor=nested.minor, bad=nested.bad, conventions=False, wait=rule.wait, **_tones(rule))
            if (verdict := conditions.judge(part, own, {}, resource, now)) is not None:
                yield _named(verdict, name)


def _parts(resource: Resource, nested: Nested) -> Iterator[tuple[tuple[Stated, ...], str]]:
    for index, (key, part) in enumerate(parts(value(resource.data, nested.at))):
        where = f".{nested.at}.{key}" if key else f".{nested.at}[{index}]"
        yield tuple(stated(part, where)), text(part, nested.name) or key


def _tones(rule: Rule) -> dict[str, Any]:
    return {"waits": rule.waits, "quiet": rule.quiet, "failed": rule.failed, "severity": rule.severity}


def _named(verdict: Verdict, name: str) -> Verdict:
    if not name or not verdict.says:
        return verdict
    return Verdict(
        health=verdict.health,
        reason=verdict.reason,
        says=f"{verdict.says} for {name[:63]}",
        since=verdict.since,
        wait=verdict.wait,
        severity=verdict.severity,
        seen=verdict.seen,
    )


def _unsaid(resource: Resource, rule: Rule) -> Verdict:
    """Nothing was said of its health: whether that is a fault is known only of kinds whose controllers always say something."""
    observed = resource.observed
    if observed is not None and observed < resource.generation:
        return UNREAD
    if rule.expects and resource.created is not None and resource.says_nothing:
        return Verdict(
            health=Health.MISSING,
            reason="NotReconciled",
            says="has no status: its controller has not looked at it",
            since=resource.created,
            wait=rule.patience,
            severity=rule.severity,
            seen=(Seen("status", "(none)", ".status"),),
        )
    return HEALTHY
