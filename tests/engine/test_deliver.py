"""The outbox leaves in order: one that comes up too early waits, is called when its turn has come, and is taken up once."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, Message
from stead.domain.finding import Severity
from stead.engine import deliver
from stead.store import deliveries
from stead.store.database import Store
from stead.store.migrations import migrate

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def queue(connection: sa.Connection, title: str) -> int:
    message = Message(title=title, severity=Severity.WARNING, number="I-1", state="open")
    return deliveries.add(connection, incident=1, channel="chat", conversation="chat:1", because=Because.FIRST, message=message, now=NOW)


def test_a_message_that_waited_is_not_lost_and_not_sent_twice(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    with store.begin() as connection:
        migrate(connection)
        first, second = queue(connection, "one"), queue(connection, "two")
        own, called = ids.delivery_workflow(second, 1), ids.delivery_workflow(second, 1, after=first)
        assert deliver.begin(connection, second, own) is None, "the first is still on its way"
        assert deliver.begin(connection, first, ids.delivery_workflow(first, 1)) is not None
        deliveries.sent(connection, first, "m1", NOW)
        begun = deliver.begin(connection, second, called)
        assert begun is not None
        assert begun.replaces == "m1"
        assert deliver.begin(connection, second, own) is None, "somebody has taken up this attempt"
        assert deliver.begin(connection, second, called) == begun, "who died after taking it up goes on with it"
        assert deliver.begin(connection, second, ids.delivery_workflow(second, 2)) is not None
    store.close()


def test_the_call_after_a_wait_has_an_id_of_its_own() -> None:
    waited, called = ids.delivery_workflow(3, 1), ids.delivery_workflow(3, 1, after=2)
    assert waited != called
    assert [ids.delivery_attempt(workflow) for workflow in (waited, called, f"{called}~2", ids.delivery_workflow(3, 4))] == [1, 1, 2, 4]
