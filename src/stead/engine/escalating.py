"""Escalating: while nobody acknowledges, one after the other is told. What was told once is told once more where a route wants that.

Each next step is a `due` row, so a restart keeps it; at its time everything is looked at afresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Block, BlockKind, Message
from stead.domain.escalation import Ladder, ladder_for
from stead.domain.incident import Incident, IncidentState
from stead.domain.routing import incident_labels
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import actions, attention, due, events, findings, incidents


def consider(connection: sa.Connection, journey: Journey, incident: Incident) -> None:
    """Begin to climb, where there is a ladder for it that was not climbed yet; call it off where nobody need be called."""
    number = incident.number
    if not _wants_somebody(connection, incident):
        call_off(connection, journey, number)
        return
    found = _ladder(connection, journey, incident)
    if found is None or due.waiting(connection, "escalate", str(number)):
        return
    why, ladder = found
    if attention.of(connection, number, incident.episode).ladder != why:
        attention.climb(connection, number, incident.episode, why, 0)
        _schedule(connection, journey, number, ladder, 0)


def next_step(connection: sa.Connection, journey: Journey, number: int) -> tuple[Incident, tuple[str, ...]] | None:
    """Nobody has acknowledged it in time: count one step, and say who is to be told. None when that is not so any more."""
    incident = incidents.find(connection, number)
    if incident is None or not _wants_somebody(connection, incident):
        return None
    stands = attention.of(connection, number, incident.episode)
    found = _ladder(connection, journey, incident)
    rung = None if found is None else found[1].rung(stands.step)
    if found is None or rung is None:
        return None
    attention.climb(connection, number, incident.episode, found[0], stands.step + 1)
    _schedule(connection, journey, number, found[1], stands.step + 1)
    data = {"title": incident.title, "receivers": list(rung.receivers), "ladder": found[1].name, "step": stands.step + 1}
    events.record(connection, "incident.unanswered", at=journey.now(), estate=incident.estate, incident=number, data=data)
    fault_point("escalating.before-commit")
    return incident, rung.receivers


def hurry(connection: sa.Connection, journey: Journey, incident: Incident) -> None:
    """Nobody of this step can be told now: the next one begins at once."""
    number = incident.number
    if due.waiting(connection, "escalate", str(number)):
        due.cancel(connection, "escalate", str(number))
        _plan(connection, journey, "escalate", str(number), journey.now())


def expect_repeat(connection: sa.Connection, journey: Journey, number: int, channel: str, after: timedelta) -> None:
    """Have it said once more on this channel, if it is still open then."""
    _plan(connection, journey, "repeat", f"{number}:{channel}", journey.now() + after)


def may_repeat(connection: sa.Connection, number: int) -> Incident | None:
    """The incident, while it is open and nobody has acknowledged it."""
    incident = incidents.find(connection, number)
    return incident if incident is not None and _wants_somebody(connection, incident) else None


def call_off(connection: sa.Connection, journey: Journey, number: int) -> None:
    """Nobody need be called any more. A silence that ends begins anew."""
    incident = incidents.get(connection, number)
    due.cancel(connection, "escalate", str(number))
    for channel in journey.channels:
        due.cancel(connection, "repeat", f"{number}:{channel}")
    stands = attention.of(connection, number, incident.episode)
    if incident.muted and stands.ladder:
        attention.climb(connection, number, incident.episode, "", 0)


def unanswered(message: Message, since: datetime, now: datetime) -> Message:
    """The message, beginning with why it comes again."""
    minutes = max(round((now - since).total_seconds() / 60), 1)
    block = Block(kind=BlockKind.COMMAND, text=f"nobody has acknowledged this for {minutes} min", command=f"stead ack {message.number}")
    return replace(message, blocks=(block, *message.blocks))


def _wants_somebody(connection: sa.Connection, incident: Incident) -> bool:
    if incident.state is IncidentState.RESOLVED or incident.muted:
        return False
    return attention.of(connection, incident.number, incident.episode).acknowledged_at is None


def _ladder(connection: sa.Connection, journey: Journey, incident: Incident) -> tuple[str, Ladder] | None:
    if not journey.ladders:
        return None
    cause = findings.find(connection, incident.cause)
    labels: Mapping[str, str] = incident_labels(incident, None if cause is None else cause.finding)
    waiting = actions.approvals(connection, incident=incident.number, everything=False)
    question = ids.approval_number(min(approval.number for approval in waiting)) if waiting else ""
    return ladder_for(journey.ladders, labels, question)


def _schedule(connection: sa.Connection, journey: Journey, number: int, ladder: Ladder, step: int) -> None:
    rung = ladder.rung(step)
    if rung is not None:
        _plan(connection, journey, "escalate", str(number), journey.now() + rung.after)


def _plan(connection: sa.Connection, journey: Journey, kind: str, ref: str, at: datetime) -> None:
    due.schedule(connection, kind, ref, at, f"{kind}:{ref}:{at.isoformat()}:{journey.now().isoformat()}")
