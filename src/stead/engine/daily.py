"""The daily report: a page that a person reads in the morning. What could not be seen stands first, then what happened, then what will."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.change import Change
from stead.domain.chart import GREEN, RED, Row, bars
from stead.domain.delivery import Attachment, Block, BlockKind, Message
from stead.domain.finding import Finding, FindingState, Severity
from stead.domain.incident import Incident, IncidentState
from stead.domain.job import JobState
from stead.domain.outlook import Outlook
from stead.engine.journey import Journey
from stead.ports import Overlooking
from stead.store import actions, findings, incidents, jobs

DAY = timedelta(days=1)
HOURS = 24
MOST_LINES = 8
SOON = timedelta(days=30)
"""Certificates that end within this are told of."""
FULL = 0.7
"""Volumes that are fuller than this are told of."""
_AHEAD = frozenset({"volume_filling", "disk", "certificate_expiry", "disk_certificates", "probe_tls"})
"""Checks whose findings say what will break."""


def page(
    connection: sa.Connection,
    journey: Journey,
    changes: Sequence[Change] | None,
    outlooks: dict[str, Outlook],
    until: datetime | None = None,
) -> Message:
    """The report of the day that ends now, or ended at `until`: then without what only the present can tell. `changes` None: no history."""
    now = until or journey.now()
    since = now - DAY
    every = incidents.listed(connection, everything=True)
    opened = [one for one in every if since <= one.opened_at < now]
    closed = [one for one in every if one.closed_at is not None and since <= one.closed_at < now]
    ended = [one for one in closed if one.state is IncidentState.RESOLVED]
    still = [one for one in every if one.opened_at < now and (one.closed_at is None or one.closed_at >= now)]
    present = () if until else tuple(journey.estates)
    found = [stored.finding for estate in present for stored in findings.open_findings(connection, estate).values()]
    blind = [finding for finding in found if finding.state is FindingState.BLIND]
    sections = (
        ("Could not be seen", [finding.summary for finding in blind]),
        ("The day", list(_counts(connection, opened, ended, still, since, now))),
        ("Open", [f"{ids.incident_number(one.number)} ({one.severity}) {one.title}" for one in still]),
        ("Changed", ["no history of changes is kept"] if changes is None else list(_changed(changes))),
        ("Ahead", list(_ahead(found, outlooks, now))),
        ("Heaviest pods", list(_heaviest(outlooks))),
        ("Jobs in trouble", list(_jobs(connection, since, now))),
    )
    blocks = tuple(Block(kind=BlockKind.TEXT, text=_section(name, lines)) for name, lines in sections if lines)
    well = "all is well" if not still and not blind else f"{len(still)} open" + (f", {len(blind)} blind" if blind else "")
    return Message(
        title=f"Daily report of {now - timedelta(seconds=1):%Y-%m-%d}: {well}",
        severity=Severity.INFO,
        number="",
        state="report",
        blocks=blocks,
        plain=True,
        attachments=(_chart(opened, ended, since),),
    )


def overlooked(journey: Journey) -> dict[str, Outlook]:
    """What each estate that can tell knows without looking anew. On the loop on which estates live."""
    told = {name: estate.outlook() for name, estate in journey.estates.items() if isinstance(estate, Overlooking)}
    return {name: one for name, one in told.items() if one is not None}


def _section(name: str, lines: Sequence[str]) -> str:
    more = [f"… and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join([f"{name}:", *(f"- {line}" for line in lines[:MOST_LINES]), *more])


def _counts(
    connection: sa.Connection,
    opened: Sequence[Incident],
    ended: Sequence[Incident],
    still: Sequence[Incident],
    since: datetime,
    now: datetime,
) -> Iterator[str]:
    severities = Counter(one.severity for one in opened)
    weights = ", ".join(f"{severities[severity]} {severity}" for severity in reversed(Severity) if severities[severity])
    yield (
        f"{len(opened)} incident{'' if len(opened) == 1 else 's'} opened"
        + (f" ({weights})" if weights else "")
        + f", {len(ended)} resolved, {len(still)} open"
    )
    took = [(one.closed_at - one.opened_at).total_seconds() for one in ended if one.closed_at is not None]
    if took:
        yield f"time to resolve: {_span(median(took))} in the middle, {_span(max(took))} at most"
    done = Counter(stored.action.state for stored, _ in actions.proposed_since(connection, since) if stored.proposed_at < now)
    if done:
        yield "actions: " + ", ".join(f"{count} {state.value}" for state, count in sorted(done.items(), key=lambda one: one[0].value))
    waiting = len(actions.approvals(connection, everything=False))
    if waiting:
        yield f"{waiting} question{'s' if waiting > 1 else ''} wait{'' if waiting > 1 else 's'} for an answer: `stead approvals`"


def _changed(changes: Sequence[Change]) -> Iterator[str]:
    by_kind = Counter(change.subject.kind for change in changes)
    if by_kind:
        yield ", ".join(f"{count} of {kind}" for kind, count in by_kind.most_common(5)) + ": `stead changes --since 24h`"
    for change in changes[: MOST_LINES - 2]:
        yield f"{change.at:%H:%M} {change.subject}: {change.what or change.done.value}"


def _ahead(found: Sequence[Finding], outlooks: dict[str, Outlook], now: datetime) -> Iterator[str]:
    yield from (finding.summary for finding in found if finding.check in _AHEAD and finding.state is not FindingState.BLIND)
    for outlook in outlooks.values():
        yield from (f"volume {name} is {part:.0%} full" for name, part in outlook.volumes if part >= FULL)
        yield from (f"certificate {name} ends in {(end - now).days} days" for name, end in outlook.certificates if end - now <= SOON)


def _heaviest(outlooks: dict[str, Outlook]) -> Iterator[str]:
    for estate, outlook in outlooks.items():
        where = f" of {estate}" if len(outlooks) > 1 else ""
        if outlook.restarts:
            yield f"restarts{where}: " + ", ".join(f"{name} {count}" for name, count in outlook.restarts)
        if outlook.memory:
            yield f"memory{where}: " + ", ".join(f"{name} {used / 2**20:.0f} MiB" for name, used in outlook.memory)


def _jobs(connection: sa.Connection, since: datetime, now: datetime) -> Iterator[str]:
    ended = [run for run in jobs.ended_since(connection, since) if run.ended_at is not None and run.ended_at <= now]
    wrong = [run for run in ended if run.state in (JobState.FAILED, JobState.BLIND, JobState.CUT_OFF, JobState.MISSED)]
    for (name, state), count in Counter((run.job, run.state.value) for run in wrong).most_common():
        yield f"{name}: {state}" + (f" {count} times" if count > 1 else "") + f" (`stead jobs history {name}`)"


def _chart(opened: Sequence[Incident], ended: Sequence[Incident], since: datetime) -> Attachment:
    """Incidents that opened and were resolved, hour by hour."""
    starts = _by_hour([one.opened_at for one in opened], since)
    ends = _by_hour([one.closed_at for one in ended if one.closed_at is not None], since)
    rows = (Row(name="incidents opened", colour=RED, counts=starts), Row(name="resolved", colour=GREEN, counts=ends))
    times = [f"{since + timedelta(hours=hour):%H:%M}" + ("" if hour else " UTC") for hour in range(HOURS)]
    return Attachment(name="incidents.png", media_type="image/png", data=bars(rows, times))


def _by_hour(moments: Sequence[datetime], since: datetime) -> list[int]:
    counts = Counter(min(int((moment - since).total_seconds() // 3600), HOURS - 1) for moment in moments)
    return [counts[hour] for hour in range(HOURS)]


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
