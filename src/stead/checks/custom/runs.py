"""Things that run once (a backup, a pipeline): a failed one is history as soon as a later one of its series has ended.

A series is told by the rule's paths, by the owner, or by the name that the API server or a schedule completed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from stead.checks.custom.paths import text
from stead.checks.custom.resource import Health, Resource, Verdict
from stead.checks.custom.rules import Rule
from stead.checks.custom.words import is_done
from stead.checks.kubernetes.common import after
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Custom
from stead.estate.kubernetes.view import View

FORGET = timedelta(days=30)
"""A failed run that nobody repeated for so long is history, too."""

_STAMPED = re.compile(r"-\d{8,}(?:-?\d+)?$")

Runs = dict[tuple[str, str], list[tuple[datetime, Custom]]]


def is_history(
    obj: Custom, resource: Resource, rule: Rule, verdict: Verdict, view: View, now: datetime, judge: Callable[[Custom], Verdict]
) -> bool:
    """Whether a failed run says nothing of the present any more."""
    name, created = series(obj, resource, rule), obj.metadata.creation_timestamp
    ended = verdict.since or created
    if not name:
        return ended is not None and now > after(ended, FORGET)
    if created is None:
        return False
    later = view.derived(type(obj), "series", lambda every: _by_series(every, rule)).get((obj.metadata.namespace, name), ())
    return any(when > created and one is not obj and _ended(one, rule, judge) for when, one in later)


def _ended(one: Custom, rule: Rule, judge: Callable[[Custom], Verdict]) -> bool:
    """Whether a run is over, well or not. Of a kind that nobody said runs once, only its own word counts: it is done."""
    resource = Resource.of(one, kind_of(type(one)).kind)
    phases = [text(resource.data, path) for path in ("status.phase", "status.state")]
    health = judge(one).health
    if health is Health.DEGRADED or any(map(is_done, phases)):
        return True
    if any(stated.type in ("Succeeded", "Complete", "Completed") and stated.status == "true" for stated in resource.conditions):
        return True
    return rule.run is not None and health is Health.HEALTHY and not any(word.lower() in ("running", "active") for word in phases)


def series(obj: Custom, resource: Resource, rule: Rule) -> str:
    """What runs of one series share; "" for a run of its own."""
    paths = rule.run.series if rule.run is not None else ()
    told = next((found for path in paths if (found := text(resource.data, path))), "")
    if told:
        return told
    owner = next((o for o in obj.metadata.owner_references if o.name), None)
    if owner is not None:
        return f"{owner.kind}/{owner.name}"
    name = obj.metadata.generate_name or _STAMPED.sub("-", obj.metadata.name)
    return name if name != obj.metadata.name else ""


def _by_series(every: Sequence[Custom], rule: Rule) -> Runs:
    found: Runs = {}
    for one in every:
        created = one.metadata.creation_timestamp
        name = series(one, Resource.of(one, kind_of(type(one)).kind), rule)
        if created is not None and name:
            found.setdefault((one.metadata.namespace, name), []).append((created, one))
    return found
