"""Judges what stands beside conditions: phases and states, health blocks, error texts, flags, numbers of replicas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from stead.checks.custom.paths import number, text, value
from stead.checks.custom.resource import HEALTHY, SUSPENDED, Health, Resource, Seen, Verdict, moment
from stead.checks.custom.rules import Phase, Rule, span
from stead.checks.custom.words import Tone, is_birth, is_done, tone_of_phase

FIELDS = (
    "status.health.status",
    "status.health.state",
    "status.health",
    "status.healthStatus",
    "status.phase",
    "status.state",
    "status.status",
    "status.currentState",
    "status.printableStatus",
)
ERRORS = ("status.error.message", "status.error", "status.errorMessage", "status.failureMessage", "status.failureReason")
FLAGS = ("status.ready", "status.healthy", "status.available", "status.readyToUse")
MESSAGES = ("status.message", "status.reason", "status.health.message", *ERRORS, "status.phaseReason", "status.lastError")
TIMES = ("status.lastTransitionTime", "status.lastUpdateTime", "status.lastUpdated", "status.completionTime", "status.startTime")
WANTED = ("spec.replicas", "spec.instances", "spec.size", "status.replicas", "status.desiredNumberScheduled")
HAVE = ("status.readyReplicas", "status.readyInstances", "status.availableReplicas", "status.ready", "status.numberReady")
SHARE = "status.scale.statusReplicas"
"""`2/3`, as OpenTelemetry's operator has it."""
_SHARE = re.compile(r"(\d{1,6})/(\d{1,6})")
UNDER_WAY = timedelta(hours=1)
"""For a phase of which nothing is known but its name: a restore or a rebuild takes that long and longer."""


def judge(resource: Resource, rule: Rule, learned: Sequence[str] = ()) -> Verdict | None:
    """What phases say; None when they say nothing. Fields that the rule knows come alone; else the usual ones, and those in `learned`."""
    if rule.phases:
        return _worst(filter(None, (_known(resource, phase) for phase in rule.phases)))
    if not rule.conventions:
        return None
    found = _worst(filter(None, (_guessed(resource, field, rule) for field in dict.fromkeys((*learned, *FIELDS)))))
    if found is not None and found.health is not Health.PROGRESSING:
        return found
    return _error(resource, rule) or found or _flag(resource, rule) or _replicas(resource, rule)


def is_over(resource: Resource, rule: Rule) -> bool:
    """Whether its phase says that it is done, or nothing of it is wanted: then it need not be ready."""
    if rule.phases or not rule.conventions:
        return False
    none_wanted = any(number(resource.data, path) == 0 for path in WANTED[:3])
    return none_wanted or any(is_done(text(resource.data, path)) for path in ("status.phase", "status.state"))


def _worst(said: Iterator[Verdict]) -> Verdict | None:
    order = (Health.DEGRADED, Health.SUSPENDED, Health.PROGRESSING, Health.HEALTHY)
    return min(said, key=lambda verdict: order.index(verdict.health), default=None)


def _known(resource: Resource, phase: Phase) -> Verdict | None:
    word = text(resource.data, phase.at)
    if not word or word in phase.good:
        return HEALTHY if word else None
    if word in phase.suspended:
        return SUSPENDED
    failed = word in phase.degraded
    if not failed and word not in phase.progressing:
        return None
    since = moment(value(resource.data, phase.since)) if phase.since else None
    return Verdict(
        health=Health.DEGRADED if failed else Health.PROGRESSING,
        reason="Failed" if failed else "StillWaiting",
        says=f"is {word[:60]}" if failed else f"has been {word[:60]} for long",
        since=since,
        wait=None if failed else span(phase.wait) or UNDER_WAY,
        severity=phase.severity,
        seen=(Seen(phase.at.removeprefix("status."), word[:100], f".{phase.at}", _message(resource, phase.message)),),
    )


def _guessed(resource: Resource, at: str, rule: Rule) -> Verdict | None:
    word = text(resource.data, at)
    tone = tone_of_phase(word) if word else Tone.NONE
    if tone is Tone.NONE:
        return None
    if tone in (Tone.GOOD, Tone.STOPPED):
        return HEALTHY if tone is Tone.GOOD else SUSPENDED
    failed = tone is Tone.FAILED
    since = _changed(resource)
    return Verdict(
        health=Health.DEGRADED if failed else Health.PROGRESSING,
        reason={Tone.FAILED: "Failed", Tone.DOWN: "Down"}.get(tone, "StillWaiting"),
        says=f"is {word}" if tone in (Tone.FAILED, Tone.DOWN) else f"has been {word} for long",
        since=since or (resource.created if tone is Tone.DOWN or is_birth(word) else None),
        wait=None if failed else rule.patience if tone is Tone.DOWN else max(rule.patience, UNDER_WAY),
        severity=rule.severity,
        seen=(Seen(at.removeprefix("status."), word, f".{at}", _message(resource)),),
    )


def _error(resource: Resource, rule: Rule) -> Verdict | None:
    at = next((path for path in ERRORS if text(resource.data, path)), None)
    if at is None:
        return None
    message = text(resource.data, at)
    seen = (Seen(at.removeprefix("status."), "(said)", f".{at}", message),)
    return Verdict(
        health=Health.DEGRADED, reason="Error", says="reports an error", since=_changed(resource), severity=rule.severity, seen=seen
    )


def _flag(resource: Resource, rule: Rule) -> Verdict | None:
    for path in FLAGS:
        found = value(resource.data, path)
        if isinstance(found, bool):
            if found:
                return HEALTHY
            name = path.removeprefix("status.")
            return Verdict(
                health=Health.PROGRESSING,
                reason="NotReady",
                says="is not ready",
                since=_changed(resource) or resource.created,
                wait=rule.patience,
                severity=rule.severity,
                seen=(Seen(name, "false", f".{path}", _message(resource)),),
            )
    return None


def _replicas(resource: Resource, rule: Rule) -> Verdict | None:
    wanted = next((n for path in WANTED if (n := number(resource.data, path)) is not None), None)
    have = next((n for path in HAVE if (n := number(resource.data, path)) is not None), None)
    if (told := _SHARE.fullmatch(text(resource.data, SHARE))) is not None:
        have, wanted = float(told[1]), float(told[2])
    elif have is None and number(resource.data, "status.replicas"):
        have = 0.0
    if wanted is None or have is None:
        return None
    if wanted <= have:
        return HEALTHY if wanted > 0 else SUSPENDED
    return Verdict(
        health=Health.PROGRESSING,
        reason="ReplicasShort",
        says=f"has {have:.0f} of {wanted:.0f} ready",
        wait=rule.patience,
        severity=rule.severity,
        seen=(Seen("ready", f"{have:.0f} of {wanted:.0f}", ".status"),),
    )


def _message(resource: Resource, path: str = "") -> str:
    return next((said for at in ((path,) if path else MESSAGES) if (said := text(resource.data, at))), "")


def _changed(resource: Resource) -> datetime | None:
    """When it last changed, as far as it tells."""
    told = [when for path in TIMES if (when := moment(value(resource.data, path))) is not None]
    return max([*told, *(one.since for one in resource.conditions if one.since is not None)], default=None)
