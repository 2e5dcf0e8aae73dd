"""Letting go: nothing that is unfinished, and nothing that says what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stead.clocks import SteppedClock
from stead.domain.delivery import Because, Message
from stead.domain.finding import Finding, Severity
from stead.domain.incident import IncidentState
from stead.domain.job import JobState
from stead.domain.matching import parse_matchers
from stead.domain.subject import Subject
from stead.domain.trigger import Trigger
from stead.store import deliveries, events, findings, incidents, jobs, retention, runs, sessions, silences, talks, triggers
from stead.store.database import Store
from stead.store.tables import action, metadata

DAY = timedelta(days=1)
FAULT = Finding(
    check="container_crash",
    subject=Subject(estate="home", api_version="v1", kind="Pod", namespace="shop", name="web"),
    reason="Crash",
    summary="web crashes",
)
MESSAGE = Message(title="web crashes", severity=Severity.WARNING, number="I-1", state="open")


def ended(connection: sa.Connection, now: datetime) -> int:
    """An incident that is over, with all that an incident has."""
    number = incidents.opened(connection, estate="home", severity=Severity.WARNING, title="t", cause=FAULT.fingerprint, now=now).number
    findings.save(connection, FAULT, now)
    findings.assign(connection, [FAULT.fingerprint], number)
    findings.close(connection, FAULT.fingerprint, now)
    events.record(connection, "incident.opened", at=now, estate="home", incident=number)
    say(connection, number, now)
    sessions.say(connection, principal="person:sam", incident=number, author="sam", text="seen", now=now)
    incidents.move(connection, number, IncidentState.RESOLVED, now)
    return number


def say(connection: sa.Connection, number: int, now: datetime, *, sent: bool = True) -> int:
    talk = f"chat:{number}"
    one = deliveries.add(connection, incident=number, channel="chat", conversation=talk, because=Because.FIRST, message=MESSAGE, now=now)
    if sent:
        deliveries.sent(connection, one, "m1", now)
    return one


def rows(connection: sa.Connection) -> dict[str, int]:
    counted = {
        name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for name, table in metadata.tables.items()
    }
    return {name: count for name, count in counted.items() if count}


def forget(connection: sa.Connection, before: datetime) -> None:
    for rule in (retention.forget_triggers, *retention.RECORDS):
        rule(connection, before)


def test_an_incident_that_is_over_goes_with_all_that_it_has(store: Store, clock: SteppedClock) -> None:
    with store.begin() as connection:
        ended(connection, clock.now())
        forget(connection, clock.now())
        assert rows(connection)["incident"] == 1, "it is not older than that"
        forget(connection, clock.now() + DAY)
        assert rows(connection) == {}


def test_a_conversation_about_it_has_a_time_of_its_own(store: Store, clock: SteppedClock) -> None:
    with store.begin() as connection:
        number = ended(connection, clock.now())
        talk = talks.open_(connection, principal="token:sam", agent="general", estate="home", incident=number, now=clock.now())
        talks.ask(connection, talk.id, asker="token:sam", question="why?", attached="", key=None, now=clock.now())
        forget(connection, clock.now() + DAY)
        assert rows(connection) == {"session": 1, "session_message": 1}


def unfinished_delivery(connection: sa.Connection, number: int, now: datetime) -> None:
    say(connection, number, now, sent=False)


def unended_run(connection: sa.Connection, number: int, now: datetime) -> None:
    runs.add(connection, incident=number, episode=1, segment=1, agent="investigator", asked_by="", nonce="n", now=now)


def a_finding_that_is_open(connection: sa.Connection, number: int, now: datetime) -> None:
    findings.save(connection, FAULT, now)


def something_done(connection: sa.Connection, number: int, now: datetime) -> None:
    given: dict[str, Any] = {"digest": "d", "state": "proven", "verdict": "allow", "rules": "[]", "body": "{}"}
    given |= {"proposed_at": now, "intended_at": now, "ended_at": now}
    connection.execute(sa.insert(action).values(id="1.1.1.1", incident=number, episode=1, target="t", **given))


def a_state_that_is_no_end(connection: sa.Connection, number: int, now: datetime) -> None:
    incidents.move(connection, number, IncidentState.ESCALATED, now)


@pytest.mark.parametrize("keeps", [unfinished_delivery, unended_run, a_finding_that_is_open, something_done, a_state_that_is_no_end])
def test_what_is_unfinished_or_was_done_stays_whole(
    store: Store, clock: SteppedClock, keeps: Callable[[sa.Connection, int, datetime], None]
) -> None:
    with store.begin() as connection:
        keeps(connection, ended(connection, clock.now()), clock.now())
        before = rows(connection)
        forget(connection, clock.now() + DAY)
        assert rows(connection) == before


def test_a_trigger_goes_once_it_was_taken(store: Store, clock: SteppedClock) -> None:
    with store.begin() as connection:
        for name in ("taken", "waits"):
            triggers.add(connection, Trigger(id=name, estate="home", at=clock.now(), transitions=()))
        triggers.finish(connection, "taken")
        forget(connection, clock.now() + DAY)
        assert (triggers.unfinished(connection), rows(connection)) == (1, {"trigger": 1})
        assert triggers.get(connection, "waits").id == "waits"


def test_of_a_conversation_that_goes_on_the_message_as_it_stands_is_kept(store: Store, clock: SteppedClock) -> None:
    now = clock.now()
    with store.begin() as connection:
        number = incidents.opened(connection, estate="home", severity=Severity.WARNING, title="t", cause="f", now=now).number
        _, second, waits = say(connection, number, now), say(connection, number, now), say(connection, number, now, sent=False)
        forget(connection, now + DAY)
        assert [one.id for one in deliveries.of_incident(connection, number)] == [second, waits]
        last = deliveries.find(connection, waits)
        assert last is not None
        assert last.replaces == "m1"


def test_silences_and_what_belongs_nowhere_go_when_they_are_old(store: Store, clock: SteppedClock) -> None:
    now = clock.now()
    with store.begin() as connection:
        for ends_at in (now, now + 3 * DAY, None):
            matchers = parse_matchers('check="x"')
            silences.add(connection, matchers=matchers, author="sam", comment="c", now=now, starts_at=now, ends_at=ends_at)
        findings.save(connection, FAULT, now)
        findings.close(connection, FAULT.fingerprint, now)
        for at in (now, now + 2 * DAY):
            events.record(connection, "finding.opened", at=at, estate="home")
        for ended_at in (now, now + 2 * DAY, None):
            jobs.add_run(connection, "nightly", due=now, state=JobState.DONE, ended_at=ended_at)
        forget(connection, now + DAY)
        assert rows(connection) == {"silence": 2, "event": 1, "job_run": 2}


def test_a_great_many_are_let_go_of_a_little_at_a_time(store: Store, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST", 3)
    with store.begin() as connection:
        for number in range(7):
            triggers.add(connection, Trigger(id=f"t-{number}", estate="home", at=clock.now(), transitions=()))
            triggers.finish(connection, f"t-{number}")
        gone = [retention.forget_triggers(connection, clock.now() + DAY) for _ in range(4)]
        assert gone == [3, 3, 1, 0]
