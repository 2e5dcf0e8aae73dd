"""Judges conditions: by the rule of the kind, by what the definition tells, by the conventions; and by what their reasons say.

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md (Reconciling, Stalled)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stead.checks.custom.resource import HEALTHY, SUSPENDED, Health, Resource, Seen, Stated, Verdict, code, shown
from stead.checks.custom.rules import Rule
from stead.checks.custom.words import PAUSES, Polarity, Tone, polarity, tone_of_reason
from stead.checks.kubernetes.common import after
from stead.domain.finding import Severity

NEWBORN = timedelta(minutes=5)
"""An object that has just been made may fail once or twice before what it needs is there."""

UNDER_WAY = timedelta(hours=1)
"""What is said to be under way, and no more, may be a restore or a move of data."""

RUN = timedelta(days=1)
"""What runs to its end (Succeeded is Unknown, or not yet True, until then) may run for hours."""

_WHOLE = frozenset(("Ready", "Available", "Healthy"))


def judge(conditions: Sequence[Stated], rule: Rule, learned: Mapping[str, Polarity], resource: Resource, now: datetime) -> Verdict | None:
    """What the conditions say together; None when they say nothing."""
    found = {one.type: (one, _polarity(one.type, rule, learned)) for one in conditions if one.type not in rule.ignore}
    good = [one for one, p in found.values() if p is Polarity.SUMMARY]
    bad = [one for one, p in found.values() if p is Polarity.BAD and one.status == "true" and one.severity != "Info"]
    bad += [one for one, p in found.values() if p is Polarity.PROGRESS and one.status == "false" and _tone(one, rule) is Tone.FAILED]
    whole = any(one.type in _WHOLE or one.type in rule.good for one in good)
    under_way = [one for one, p in found.values() if p is Polarity.PROGRESS and one.status == "true" and not good]
    parts = [] if whole else [one for one, p in found.values() if p is Polarity.PART]
    if not bad and any(name in found and found[name][0].status == "true" for name in PAUSES):
        return SUSPENDED
    said = [v for one in good if (v := _good(one, rule, resource, now)) is not None]
    said += [_bad(one, rule, resource) for one in bad if _tone(one, rule) is not Tone.STOPPED]
    said += [v for one in parts if (v := _part(one, rule, resource, now)) is not None]
    said += [_under_way(one, rule, resource) for one in under_way if not said]
    return worst(said) or (HEALTHY if good or parts else None)


def worst(said: Iterable[Verdict]) -> Verdict | None:
    """One verdict of many: a fault before what waits, a suspended object's waiting is no news; all that was seen goes with it."""
    order = (Health.DEGRADED, Health.SUSPENDED, Health.MISSING, Health.PROGRESSING, Health.HEALTHY)
    every = sorted(said, key=lambda v: (order.index(v.health), not v.reason.startswith("Not"), v.reason))
    if not every:
        return None
    first = every[0]
    if first.health is not Health.DEGRADED:
        return first
    seen = tuple(dict.fromkeys(one for v in every if v.health is Health.DEGRADED or v.reason.startswith("Not") for one in v.seen))
    named = next((v for v in every if v.reason.startswith("Not")), first)
    return Verdict(
        health=first.health,
        reason=named.reason,
        says=named.says if named.health is Health.DEGRADED else first.says,
        since=first.since,
        severity=first.severity,
        seen=seen[:6],
    )


def _polarity(type_: str, rule: Rule, learned: Mapping[str, Polarity]) -> Polarity:
    if type_ in rule.good or type_ in rule.minor:
        return Polarity.SUMMARY
    if type_ in rule.bad:
        return Polarity.BAD
    if not rule.conventions:
        return Polarity.NONE
    return learned.get(type_) or polarity(type_)


def _tone(one: Stated, rule: Rule) -> Tone:
    if one.reason in rule.quiet:
        return Tone.STOPPED
    if one.reason in rule.waits:
        return Tone.WAITS
    return Tone.FAILED if one.reason in rule.failed else tone_of_reason(one.reason)


def _good(one: Stated, rule: Rule, resource: Resource, now: datetime) -> Verdict | None:
    """A condition that should be True."""
    # Prometheus' operator says Degraded where some of its pods are available.
    if one.status not in ("false", "unknown", "degraded") or one.severity == "Info":
        return None
    tone = _tone(one, rule)
    if tone is Tone.STOPPED:
        return SUSPENDED
    if tone is Tone.GOOD and one.status == "false":
        return None
    wait = max(rule.patience, RUN) if one.type == "Succeeded" else rule.patience
    ended = _timeless(one, resource, now) or (one.type == "Succeeded" and rule.run is not None)  # a run that did not succeed is over
    failed = one.status == "false" and (tone is Tone.FAILED or (tone is Tone.NONE and ended))
    return _not_true(one, rule, resource, now, failed=failed, wait=wait)


def _timeless(one: Stated, resource: Resource, now: datetime) -> bool:
    """Whether nobody can say how long it has been so: it does not tell, or a dump's newest time, by which it is judged, is this one."""
    start = _start(one, resource)
    return start is None or (start == now and resource.created != now)


def _start(one: Stated, resource: Resource) -> datetime | None:
    """Since when it has been so. Nothing is older than its object: the Gateway API gives conditions that nobody set the year 1970."""
    if one.since is None or resource.created is None:
        return one.since or resource.created
    return max(one.since, resource.created)


def _part(one: Stated, rule: Rule, resource: Resource, now: datetime) -> Verdict | None:
    """One side of an object that says nothing of its whole: given twice the time."""
    if one.status != "false" or one.severity == "Info" or _tone(one, rule) in (Tone.STOPPED, Tone.GOOD):
        return None
    return _not_true(one, rule, resource, now, failed=_tone(one, rule) is Tone.FAILED, wait=rule.patience * 2)


def _not_true(one: Stated, rule: Rule, resource: Resource, now: datetime, *, failed: bool, wait: timedelta) -> Verdict:
    if stale(one, resource):
        return Verdict(health=Health.MISSING, reason="NotReconciled", says="has not been looked at since it was changed", wait=wait)
    why = shown(one.reason)
    verdict = Verdict(
        health=Health.DEGRADED if failed else Health.PROGRESSING,
        reason=f"Not{code(one.type)}",
        says=f"is not {_adjective(one.type)}" + (f" ({why})" if why else ""),
        since=_start(one, resource),
        wait=None if failed else wait,
        severity=Severity.WARNING if one.type in rule.minor else rule.severity,
        seen=(seen(one),),
    )
    if failed and resource.created is not None and resource.created <= now < after(resource.created, NEWBORN):
        return replace(verdict, health=Health.PROGRESSING, since=resource.created, wait=NEWBORN)
    return verdict


def _under_way(one: Stated, rule: Rule, resource: Resource) -> Verdict:
    """Reconciling, with nothing that says how it goes (kstatus: in progress)."""
    return Verdict(
        health=Health.PROGRESSING,
        reason="StillWaiting",
        says=f"has been {code(one.type).lower()} for long",
        since=_start(one, resource),
        wait=max(rule.patience * 2, UNDER_WAY),
        severity=rule.severity,
        seen=(seen(one),),
    )


def _bad(one: Stated, rule: Rule, resource: Resource) -> Verdict:
    if stale(one, resource):
        return Verdict(
            health=Health.MISSING, reason="NotReconciled", says="has not been looked at since it was changed", wait=rule.patience
        )
    why, waits = shown(one.reason), one.reason in rule.waits
    return Verdict(
        health=Health.PROGRESSING if waits else Health.DEGRADED,
        reason=code(one.type),
        says=f"reports {code(one.type)}" + (f" ({why})" if why else ""),
        since=_start(one, resource) if waits else one.since,
        wait=rule.patience if waits else None,
        severity=rule.severity,
        seen=(seen(one),),
    )


def stale(one: Stated, resource: Resource) -> bool:
    """Whether a condition is about an older spec than the present one."""
    observed = one.observed or resource.observed or 0
    return 0 < observed < resource.generation


def seen(one: Stated) -> Seen:
    value = f"{one.status.capitalize()}, {one.reason}" if one.reason else one.status.capitalize() or "(none)"
    return Seen(f"condition {one.type}", value, one.where, one.message)


def _adjective(type_: str) -> str:
    name = code(type_)
    return _PHRASES.get(name, name[:1].lower() + name[1:])


_PHRASES = {"ResolvedRefs": "able to resolve its references", "LastAsyncOperation": "done with its last operation"}
