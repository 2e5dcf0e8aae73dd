"""The outbox: what is to be said is a row first, leaves in order, and is not said twice."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from stead.clocks import SteppedClock
from stead.domain.delivery import Because, Block, BlockKind, Button, Delivery, DeliveryState, Message
from stead.domain.finding import Severity
from stead.store import deliveries
from stead.store.database import Store

MINUTE = timedelta(minutes=1)


def message(title: str = "api crashes") -> Message:
    return Message(
        title=title,
        severity=Severity.CRITICAL,
        number="I-1",
        state="open",
        blocks=(Block(kind=BlockKind.EVIDENCE, text="exit 1", command="kubectl logs"),),
        buttons=(Button(label="Approve", approval=17, decision="approve"),),
    )


def queue(connection: sa.Connection, clock: SteppedClock, title: str = "api crashes", conversation: str = "ops/1") -> Delivery:
    number = deliveries.add(
        connection,
        incident=1,
        channel="ops",
        conversation=conversation,
        because=Because.FIRST,
        message=message(title),
        now=clock.now(),
    )
    found = deliveries.find(connection, number)
    assert found is not None
    return found


def again(connection: sa.Connection, delivery: Delivery) -> Delivery:
    found = deliveries.find(connection, delivery.id)
    assert found is not None
    return found


def test_what_is_to_be_said_is_a_row_first(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        assert queue(connection, clock) == Delivery(
            id=1,
            incident=1,
            channel="ops",
            conversation="ops/1",
            position=1,
            because=Because.FIRST,
            message=message(),
            created_at=clock.now(),
        )
        assert deliveries.find(connection, 99) is None


def test_a_conversation_is_said_in_order_and_holds_up_no_other(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        first, second = queue(connection, clock), queue(connection, clock)
        elsewhere = queue(connection, clock, conversation="ops/2")
        assert (first.position, second.position, elsewhere.position) == (1, 2, 1)
        assert [deliveries.waits_for(connection, of) for of in (first, second, elsewhere)] == [False, True, False]
        assert deliveries.following(connection, first) == second
        assert deliveries.following(connection, second) is None
        assert deliveries.sent(connection, first.id, "m-1", clock.now())
        assert not deliveries.waits_for(connection, second)


@pytest.mark.parametrize("end", ["dead", "held"])
def test_what_will_never_leave_holds_up_nothing(store: Store, clock: SteppedClock, end: str):
    with store.begin() as connection:
        first, second = queue(connection, clock), queue(connection, clock)
        if end == "dead":
            deliveries.failed(connection, first.id, "gone", dead=True)
        else:
            deliveries.hold(connection, first.id, "muted")
        assert not deliveries.waits_for(connection, second)
        assert again(connection, second).replaces == ""


def test_what_changes_before_the_first_try_goes_into_what_waits(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        assert deliveries.queued(connection, "ops/1") is None
        first, second = queue(connection, clock), queue(connection, clock)
        assert deliveries.queued(connection, "ops/1") == second
        deliveries.rewrite(connection, second.id, Because.WORSE, message("it got worse"))
        assert (again(connection, second).because, again(connection, second).message.title) == (Because.WORSE, "it got worse")
        assert again(connection, first) == first
        deliveries.take_up(connection, second.id, 1, "dlv:second:1")
        assert deliveries.queued(connection, "ops/1") == first
        deliveries.take_up(connection, first.id, 1, "dlv:first:1")
        assert deliveries.queued(connection, "ops/1") is None, "what may be in the air is not rewritten"
        assert again(connection, first).attempts == 1


def test_the_message_to_edit_is_the_last_one_that_arrived(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        made = [queue(connection, clock, str(n)) for n in range(5)]
        elsewhere = queue(connection, clock, conversation="ops/2")
        assert deliveries.sent(connection, made[0].id, "m-1", clock.now())
        assert deliveries.sent(connection, made[1].id, "m-2", clock.now())
        assert deliveries.sent(connection, made[2].id, "", clock.now())
        deliveries.failed(connection, made[3].id, "gone", dead=True)
        assert [again(connection, delivery).replaces for delivery in made] == ["", "m-1", "m-2", "m-2", "m-2"]
        assert again(connection, elsewhere).replaces == ""


def test_what_was_sent_is_sent_once(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        delivery = queue(connection, clock)
        deliveries.failed(connection, delivery.id, "timeout", dead=False)
        assert (again(connection, delivery).state, again(connection, delivery).error) == (DeliveryState.QUEUED, "timeout")
        assert deliveries.sent(connection, delivery.id, "m-1", clock.now())
        assert not deliveries.sent(connection, delivery.id, "m-2", clock.now())
        sent = again(connection, delivery)
        assert (sent.state, sent.remote_id, sent.error) == (DeliveryState.SENT, "m-1", "")


def test_the_dead_and_the_held_stay_with_their_reason_and_are_not_sent(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        dead, held = queue(connection, clock), queue(connection, clock, conversation="ops/2")
        deliveries.failed(connection, dead.id, "channel `ops` is gone", dead=True)
        deliveries.hold(connection, held.id, "muted until noon")
        for delivery, state, why in [(dead, DeliveryState.DEAD, "channel `ops` is gone"), (held, DeliveryState.HELD, "muted until noon")]:
            assert (again(connection, delivery).state, again(connection, delivery).error) == (state, why)
            assert not deliveries.sent(connection, delivery.id, "m-1", clock.now())
        assert deliveries.counts(connection) == {"dead": 1, "held": 1}
        assert [delivery.id for delivery in deliveries.of_incident(connection, 1)] == [dead.id, held.id]
        assert deliveries.of_incident(connection, 2) == []


def test_what_was_last_said_leaves_out_what_was_held_back(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        assert deliveries.last_said(connection, "ops/1") is None
        queue(connection, clock, "said")
        held = queue(connection, clock, "kept")
        deliveries.hold(connection, held.id, "muted")
        last = deliveries.last_said(connection, "ops/1")
        assert last is not None
        assert last.message == message("said")


def test_eight_that_speak_at_once_have_places_of_their_own(store: Store, clock: SteppedClock):
    together = threading.Barrier(8)

    def speak() -> None:
        together.wait()
        with store.begin() as connection:
            queue(connection, clock)

    threads = [threading.Thread(target=speak) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert [delivery.position for delivery in deliveries.of_incident(connection, 1)] == list(range(1, 9))
