"""What is let go of, and when: nothing that is unfinished, and nothing that says what was done to the estate.

Each of these deletes at most `MOST` rows of its kind, so that no transaction keeps the one writer for long, and says how many. What is
asked again after a crash deletes the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from stead.domain.delivery import DeliveryState
from stead.store.chat_tables import inbound, remote_message
from stead.store.incidents import ENDED
from stead.store.job_tables import job_run
from stead.store.tables import (
    action,
    alert,
    approval,
    attention,
    delivery,
    event,
    finding,
    incident,
    run,
    run_step,
    session,
    silence,
    trigger,
)
from stead.store.triggers import DONE

MOST = 500


def forget_triggers(connection: sa.Connection, before: datetime) -> int:
    """Triggers that were taken and came before then. What they carried is in findings and events."""
    old = sa.select(trigger.c.id).where(trigger.c.state == DONE, trigger.c.at < before).order_by(trigger.c.at).limit(MOST)
    return connection.execute(sa.delete(trigger).where(trigger.c.id.in_(old.scalar_subquery()))).rowcount


def forget_incidents(connection: sa.Connection, before: datetime) -> int:
    """Incidents that ended before then, with their findings, events, messages, runs and talk.

    One on which something was done stays, whole: it is the record of a change. So does one of which a message still waits to leave, or a
    run has not ended.
    """

    def none_of(table: sa.Table, *which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return ~sa.exists().where(table.c.incident == incident.c.number, *which)

    old = (
        sa.select(incident.c.number)
        .where(
            incident.c.state.in_(ENDED),
            incident.c.closed_at < before,
            none_of(action, action.c.intended_at.is_not(None)),
            none_of(delivery, delivery.c.state == DeliveryState.QUEUED.value),
            none_of(finding, finding.c.closed_at.is_(None)),
            none_of(run, run.c.ended_at.is_(None)),
        )
        .order_by(incident.c.number)
        .limit(MOST)
    )
    numbers = list(connection.execute(old).scalars())
    connection.execute(sa.delete(run_step).where(run_step.c.run.in_(sa.select(run.c.number).where(run.c.incident.in_(numbers)))))
    for table in (event, delivery, attention, finding, run, approval, action):
        connection.execute(sa.delete(table).where(table.c.incident.in_(numbers)))
    # Notes on it. A conversation with an agent has a time of its own, which its last question set.
    connection.execute(sa.delete(session).where(session.c.incident.in_(numbers), session.c.agent == ""))
    connection.execute(sa.delete(incident).where(incident.c.number.in_(numbers)))
    return len(numbers)


def forget_loose_findings(connection: sa.Connection, before: datetime) -> int:
    """Findings that closed before then and came to belong to no incident."""
    loose = sa.select(finding.c.fingerprint).where(finding.c.incident.is_(None), finding.c.closed_at < before).limit(MOST)
    return connection.execute(sa.delete(finding).where(finding.c.fingerprint.in_(loose.scalar_subquery()))).rowcount


def forget_loose_events(connection: sa.Connection, before: datetime) -> int:
    """Events that belong to no incident and happened before then."""
    # The oldest are looked at, not all: `seq` grows with time, and a year of events is long.
    oldest = sa.select(event.c.seq).where(event.c.incident.is_(None)).order_by(event.c.seq).limit(MOST)
    return connection.execute(sa.delete(event).where(event.c.seq.in_(oldest.scalar_subquery()), event.c.at < before)).rowcount


def forget_overtaken_deliveries(connection: sa.Connection, before: datetime) -> int:
    """Messages from before then that a later one of their conversation has replaced: an open incident is edited again and again."""
    later = delivery.alias()
    overtaken = sa.exists().where(
        later.c.conversation == delivery.c.conversation,
        later.c.position > delivery.c.position,
        later.c.state == DeliveryState.SENT.value,
        sa.or_(later.c.remote_id != "", delivery.c.remote_id == ""),
    )
    settled = delivery.c.state != DeliveryState.QUEUED.value
    old = sa.select(delivery.c.id).where(delivery.c.created_at < before, settled, overtaken).limit(MOST)
    return connection.execute(sa.delete(delivery).where(delivery.c.id.in_(old.scalar_subquery()))).rowcount


def forget_silences(connection: sa.Connection, before: datetime) -> int:
    """Silences that ended before then."""
    old = sa.select(silence.c.number).where(silence.c.ends_at < before).limit(MOST)
    return connection.execute(sa.delete(silence).where(silence.c.number.in_(old.scalar_subquery()))).rowcount


def forget_alerts(connection: sa.Connection, before: datetime) -> int:
    """Alerts of other systems that ended before then; their findings and incidents have a time of their own."""
    old = sa.select(alert.c.hook, alert.c.key).where(alert.c.ended_at < before).limit(MOST)
    found = [tuple(row) for row in connection.execute(old)]
    connection.execute(sa.delete(alert).where(sa.tuple_(alert.c.hook, alert.c.key).in_(found)))
    return len(found)


def forget_job_runs(connection: sa.Connection, before: datetime) -> int:
    """Runs of jobs that ended before then."""
    old = sa.select(job_run.c.number).where(job_run.c.ended_at < before).order_by(job_run.c.ended_at).limit(MOST)
    return connection.execute(sa.delete(job_run).where(job_run.c.number.in_(old.scalar_subquery()))).rowcount


def forget_inbound(connection: sa.Connection, before: datetime) -> int:
    """What people sent before then, which no provider sends again, and the remote ids of messages that are no more."""
    old = sa.select(inbound.c.channel, inbound.c.id).where(inbound.c.at < before).limit(MOST)
    found = [tuple(row) for row in connection.execute(old)]
    connection.execute(sa.delete(inbound).where(sa.tuple_(inbound.c.channel, inbound.c.id).in_(found)))
    connection.execute(sa.delete(remote_message).where(~sa.exists().where(delivery.c.id == remote_message.c.delivery)))
    return len(found)


RECORDS: tuple[Callable[[sa.Connection, datetime], int], ...] = (
    forget_incidents,
    forget_loose_findings,
    forget_loose_events,
    forget_overtaken_deliveries,
    forget_silences,
    forget_alerts,
    forget_job_runs,
    forget_inbound,
)
"""What is kept as a record of what happened. Triggers are the journal of work, and go sooner."""
