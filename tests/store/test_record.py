"""What happened, what was seen and what is due: events, triggers, findings, due rows, conversations."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from stead.clocks import SteppedClock
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.domain.trigger import Change, Transition, Trigger
from stead.store import counts, due, events, findings, sessions, triggers
from stead.store.database import Store

MINUTE = timedelta(minutes=1)


def found(name: str = "node-3", estate: str = "home") -> Finding:
    subject = Subject(estate=estate, api_version="v1", kind="Node", name=name)
    return Finding(check="node_not_ready", subject=subject, reason="NotReady", summary="no word from its kubelet")


def at_once(*work: Callable[[], None]) -> None:
    """Run each in a thread of its own, all from the same moment."""
    together = threading.Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        together.wait()
        one()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- Events ----------------------------------------------------------------------------------------------------------------


def test_events_are_read_in_order_from_where_a_reader_left_off(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        assert events.latest(connection) == 0
        for n in range(5):
            events.record(connection, "run.step", at=clock.now(), estate="home", incident=n % 2 or None, data={"n": n})
            clock.advance(MINUTE)
    with store.read() as connection:
        everything = events.after(connection, 0)
        assert [event["data"]["n"] for event in everything] == [0, 1, 2, 3, 4]
        assert [event["seq"] for event in everything] == [1, 2, 3, 4, 5]
        assert [event["data"]["n"] for event in events.after(connection, 2, limit=2)] == [2, 3]
        assert [event["data"]["n"] for event in events.after(connection, 1, incident=1)] == [1, 3]
        assert [event["data"]["n"] for event in events.after(connection, 0, limit=1, incident=1)] == [1]
        assert events.after(connection, 5) == []
        assert events.latest(connection) == 5


def test_an_event_is_ready_to_be_shown(store: Store):
    berlin = datetime(2026, 1, 5, 10, 0, 0, 250, tzinfo=timezone(timedelta(hours=1)))
    with store.begin() as connection:
        events.record(connection, "action.intent", at=berlin, estate="home", incident=4, run="R-1", data={"a": [1, {"b": None}]})
        (event,) = events.after(connection, 0)
    assert event == {
        "seq": 1,
        "at": "2026-01-05T09:00:00.000250+00:00",
        "estate": "home",
        "incident": 4,
        "run": "R-1",
        "name": "action.intent",
        "data": {"a": [1, {"b": None}]},
    }


# --- Triggers --------------------------------------------------------------------------------------------------------------


def test_a_trigger_is_stored_once_and_finished_once(store: Store, clock: SteppedClock):
    changes = (Transition(change=Change.OPENED, finding=found()), Transition(change=Change.CLOSED, finding=found("node-4")))
    trigger = Trigger(id="t-1", estate="home", at=clock.now(), transitions=changes)
    with store.begin() as connection:
        assert triggers.add(connection, trigger)
        assert not triggers.add(connection, replace(trigger, transitions=()))
        assert triggers.get(connection, "t-1") == trigger
        assert triggers.unfinished(connection) == 1
        assert triggers.finish(connection, "t-1")
        assert not triggers.finish(connection, "t-1")
        assert not triggers.finish(connection, "unknown")
        assert triggers.unfinished(connection) == 0
        with pytest.raises(KeyError):
            triggers.get(connection, "unknown")


def test_the_triggers_of_an_estate_that_wait_are_taken_together(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        for name, estate in (("t-1", "home"), ("t-2", "home"), ("t-3", "cabin")):
            triggers.add(connection, Trigger(id=name, estate=estate, at=clock.now(), transitions=()))
            clock.advance(MINUTE)
        assert triggers.waits(connection, "home", clock.now() - 2 * MINUTE)
        assert [trigger.id for trigger in triggers.take(connection, "t-2")] == ["t-1", "t-2"]
        assert triggers.take(connection, "t-1") == []
        assert not triggers.waits(connection, "home", clock.now() - 9 * MINUTE)
        assert triggers.unfinished(connection) == 1


# --- Findings --------------------------------------------------------------------------------------------------------------


def test_a_finding_opens_changes_closes_and_opens_anew(store: Store, clock: SteppedClock):
    finding, began = found(), clock.now()
    with store.begin() as connection:
        findings.save(connection, finding, began)
        findings.assign(connection, [finding.fingerprint], 41)
        worse = replace(finding, severity=Severity.CRITICAL)
        findings.save(connection, worse, began + MINUTE)
        stored = findings.open_findings(connection, "home")[finding.fingerprint]
        assert (stored.finding, stored.incident, stored.opened_at, stored.closed_at) == (worse, 41, began, None)

        findings.close(connection, finding.fingerprint, began + 2 * MINUTE)
        assert not findings.is_open(connection, finding.fingerprint)
        assert findings.open_findings(connection, "home") == {}
        (closed,) = findings.of_incident(connection, 41)
        assert (closed.opened_at, closed.closed_at) == (began, began + 2 * MINUTE)

        findings.save(connection, finding, began + 3 * MINUTE)
        stored = findings.open_findings(connection, "home")[finding.fingerprint]
        assert (stored.incident, stored.opened_at, stored.closed_at) == (41, began + 3 * MINUTE, None), "where it goes now is triage's word"


def test_closing_what_is_closed_keeps_when_that_was(store: Store, clock: SteppedClock):
    finding, began = found(), clock.now()
    with store.begin() as connection:
        findings.save(connection, finding, began)
        findings.assign(connection, [finding.fingerprint], 1)
        findings.close(connection, finding.fingerprint, began + MINUTE)
        findings.close(connection, finding.fingerprint, began + 2 * MINUTE)
        assert findings.of_incident(connection, 1)[0].closed_at == began + MINUTE


def test_each_estate_has_findings_of_its_own(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        for estate in ("home", "cabin"):
            findings.save(connection, found(estate=estate), clock.now())
        assert list(findings.open_findings(connection, "cabin")) == [found(estate="cabin").fingerprint]
        assert findings.open_findings(connection, "elsewhere") == {}


def test_an_incidents_open_findings_come_first(store: Store, clock: SteppedClock):
    made = [found(f"node-{n}") for n in range(3)]
    with store.begin() as connection:
        for finding in made:
            findings.save(connection, finding, clock.now())
            clock.advance(MINUTE)
        findings.assign(connection, [finding.fingerprint for finding in made], 7)
        findings.close(connection, made[0].fingerprint, clock.now())
        assert [stored.finding for stored in findings.of_incident(connection, 7)] == [made[1], made[2], made[0]]


def test_what_there_is_is_counted(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        for n in range(3):
            findings.save(connection, found(f"node-{n}"), clock.now())
        findings.close(connection, found("node-0").fingerprint, clock.now())
        events.record(connection, "finding.opened", at=clock.now(), estate="home")
        numbers = counts.count(connection)
    assert (numbers.findings, numbers.events, numbers.incidents) == ({("firing", "warning"): 2}, 1, {})


# --- What is due -----------------------------------------------------------------------------------------------------------


def test_rows_come_due_in_order(store: Store, clock: SteppedClock):
    now = clock.now()
    with store.begin() as connection:
        assert due.next_at(connection) is None
        for ref, minutes in (("late", 3), ("soon", 1), ("now", 0)):
            due.schedule(connection, "pursue", ref, now + minutes * MINUTE, f"inv:{ref}")
        assert due.next_at(connection) == now
        assert [row.ref for row in due.ready(connection, now + MINUTE)] == ["now", "soon"]
        assert [row.ref for row in due.ready(connection, now + 5 * MINUTE, limit=2)] == ["now", "soon"]
        (first,) = due.ready(connection, now)
        assert (first.kind, first.ref, first.workflow, first.at) == ("pursue", "now", "inv:now", now)


def test_what_is_scheduled_twice_is_due_once_and_at_the_earlier_time(store: Store, clock: SteppedClock):
    now = clock.now()
    with store.begin() as connection:
        due.schedule(connection, "pursue", "41", now + 2 * MINUTE, "a")
        due.schedule(connection, "pursue", "41", now + 3 * MINUTE, "later")
        due.schedule(connection, "verify", "41", now + 9 * MINUTE, "another kind")
        assert [(row.at, row.workflow) for row in due.ready(connection, now + 5 * MINUTE)] == [(now + 2 * MINUTE, "a")]
        due.schedule(connection, "pursue", "41", now + MINUTE, "earlier")
        assert [(row.at, row.workflow) for row in due.ready(connection, now + 5 * MINUTE)] == [(now + MINUTE, "earlier")]


def test_times_of_another_zone_are_the_same_times(store: Store):
    """They are kept as text, so they must be kept in one zone to sort."""
    tokyo = timezone(timedelta(hours=9))
    with store.begin() as connection:
        due.schedule(connection, "pursue", "first", datetime(2026, 1, 5, 17, 0, tzinfo=tokyo), "a")
        due.schedule(connection, "pursue", "second", datetime(2026, 1, 5, 8, 30, tzinfo=UTC), "b")
        assert [row.ref for row in due.ready(connection, datetime(2026, 1, 5, 8, 30, tzinfo=UTC))] == ["first", "second"]
        assert due.next_at(connection) == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def test_a_cancelled_row_is_not_due(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        due.schedule(connection, "expire", "17", clock.now(), "a")
        due.schedule(connection, "expire", "18", clock.now(), "b")
        assert due.waiting(connection, "expire", "17")
        due.cancel(connection, "expire", "17")
        assert not due.waiting(connection, "expire", "17")
        assert [row.ref for row in due.ready(connection, clock.now())] == ["18"]


def test_of_two_that_claim_a_row_one_has_it(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        for n in range(5):
            due.schedule(connection, "deliver", str(n), clock.now(), f"dlv:{n}")
    claimed: list[str] = []

    def claim_all() -> None:
        with store.read() as connection:
            rows = due.ready(connection, clock.now())
        for row in rows:
            with store.begin() as connection:
                if due.claim(connection, row):
                    claimed.append(row.ref)

    at_once(claim_all, claim_all)
    assert sorted(claimed) == ["0", "1", "2", "3", "4"]


def test_a_row_is_there_again_when_the_claim_never_was(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        due.schedule(connection, "deliver", "1", clock.now(), "dlv:1")
        (row,) = due.ready(connection, clock.now())
    with pytest.raises(RuntimeError), store.begin() as connection:
        assert due.claim(connection, row)
        raise RuntimeError
    with store.begin() as connection:
        assert due.claim(connection, row)


def test_a_claim_does_not_take_what_was_scheduled_since(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        due.schedule(connection, "deliver", "1", clock.now(), "dlv:1")
        (row,) = due.ready(connection, clock.now())
        assert due.claim(connection, row)
        due.schedule(connection, "deliver", "1", clock.now(), "dlv:1:2")
        assert not due.claim(connection, row)
        assert due.waiting(connection, "deliver", "1")


# --- Conversations ---------------------------------------------------------------------------------------------------------


def test_what_a_person_says_about_an_incident_is_one_conversation(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        first = sessions.say(connection, principal="person:sam", incident=1, author="person:sam", text="why?", now=clock.now())
        clock.advance(MINUTE)
        again = sessions.say(connection, principal="person:sam", incident=1, author="agent", text="because", now=clock.now())
        sessions.say(connection, principal="person:sam", incident=2, author="person:sam", text="and this?", now=clock.now())
        other = sessions.say(connection, principal="person:kim", incident=1, author="person:kim", text="hello", now=clock.now())
        assert again.id == first.id != other.id
        assert [(said.author, said.text) for said in again.messages] == [("person:sam", "why?"), ("agent", "because")]
        assert [said.at for said in again.messages] == [clock.now() - MINUTE, clock.now()]
        assert list(sessions.of_incident(connection, 1)) == [again, other]
        assert sessions.of_incident(connection, 9) == []


def test_a_message_belongs_to_a_conversation(store: Store, clock: SteppedClock):
    orphan = sa.text("INSERT INTO session_message (session, author, text, at) VALUES ('none', 'a', 'b', 'c')")
    with pytest.raises(sa.exc.IntegrityError), store.begin() as connection:
        connection.execute(orphan)
