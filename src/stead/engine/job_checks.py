"""A job that asks the checks: it answers from what they watch all the time, after a fresh look at everything that they find.

One fault is one message: what an incident tells is not told a second time, unless the job is to speak `always`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.errors import BlindError
from stead.domain.finding import Finding, FindingState, Severity
from stead.domain.job import Job, JobState
from stead.engine.job_came import Came
from stead.engine.journey import Journey
from stead.ports import Seen
from stead.store import estates, findings

MOST_LOOKS = 25
"""Fresh looks of one run; what more there is, is told as the checks last saw it."""
MOST_LINES = 30

WHOLE = frozenset({"estate", "reach"})
"""So an estate calls what it cannot see as a whole (estate/kubernetes/blindness.py, estate/timed.py): no check can look then."""


@dataclass(frozen=True, slots=True)
class _Found:
    finding: Finding
    incident: int | None
    blind: bool

    def line(self) -> str:
        where = f" ({ids.incident_number(self.incident)})" if self.incident is not None else ""
        return f"- {'blind: ' if self.blind else ''}{self.finding.summary}{where}"


async def look(journey: Journey, job: Job) -> Came:
    """What the checks of the job say now. BlindError where there is nothing to ask."""
    watched = [job.estate] if job.estate else list(journey.estates)
    if not watched or (job.estate and job.estate not in journey.estates):
        raise BlindError(f"there is no estate `{job.estate}`" if job.estate else "nothing is watched", reason="NoEstate")
    found: list[_Found] = []
    unseen: list[str] = []
    for estate in watched:
        seen = await journey.store.look(_state, estate, frozenset(job.checks))
        if seen is None:
            unseen.append(f"- blind: {estate} has not been looked at yet")
        else:
            found += [fresh for one in seen[:MOST_LOOKS] if (fresh := await _look_again(journey, one)) is not None] + seen[MOST_LOOKS:]
    found.sort(key=lambda one: (not one.blind, -one.finding.severity.rank))
    return _answer(job, found, unseen, watched)


def _state(connection: sa.Connection, estate: str, checks: frozenset[str]) -> list[_Found] | None:
    """What the checks find there, and what of their sight is lost; None before the first whole look."""
    if not estates.is_known(connection, estate):
        return None
    found = [
        _Found(stored.finding, stored.incident, stored.finding.state is FindingState.BLIND)
        for stored in findings.open_findings(connection, estate).values()
        if stored.finding.state is not FindingState.PROGRESSING
    ]
    return [one for one in found if not checks or {one.finding.check, of_kind(one.finding)} & checks or one.finding.check in WHOLE]


def of_kind(finding: Finding) -> str:
    """How a job names a check of one kind of objects only: `custom_resource/Application`."""
    return f"{finding.check}/{finding.subject.kind}"


async def _look_again(journey: Journey, one: _Found) -> _Found | None:
    """The same, after a fresh look by its check; None when it is gone by now."""
    if one.blind or one.finding.heard:
        return one
    estate = journey.estates[one.finding.subject.estate]
    seen = await estate.observe(one.finding.check, one.finding.fingerprint, one.finding.subject)
    if seen.seen in (Seen.QUIET, Seen.ABSENT):
        return None
    return _Found(one.finding, one.incident, seen.seen is Seen.BLIND)


def _answer(job: Job, found: list[_Found], unseen: list[str], watched: list[str]) -> Came:
    asked = f"{len(job.checks)} checks" if len(job.checks) > 1 else f"`{job.checks[0]}`" if job.checks else "all checks"
    where = ", ".join(watched)
    if not found and not unseen:
        text = f"{asked} quiet in {where}"
        return Came(state=JobState.DONE, text=text, silent="" if job.always else f"all is well: {text}")
    lines = [*unseen, *(one.line() for one in found)]
    more = [f"… and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    wrong, dark = sum(not one.blind for one in found), len(unseen) + sum(one.blind for one in found)
    count = ", ".join(words for words in (f"{dark} blind" if dark else "", f"{wrong} firing" if wrong else "") if words)
    text = "\n".join([f"{asked} in {where}: {count}", *lines[:MOST_LINES], *more])
    told = sorted({one.incident for one in found if one.incident is not None})
    untold = bool(unseen) or any(one.incident is None for one in found)
    silent = "" if untold or job.always else f"told already by {', '.join(map(ids.incident_number, told[:5]))}"
    severity = max((one.finding.severity for one in found), key=lambda each: each.rank, default=Severity.WARNING)
    return Came(state=JobState.BLIND if dark else JobState.DONE, text=text, silent=silent, severity=severity, tainted=True)
