"""The books balance: after a provider that was down for an hour, every trigger was worked on, and every message arrived, each once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.engine.conftest import OnCall, broken

from stead.domain.errors import TemporaryError
from stead.store.tables import delivery, trigger

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("on_call", [{"channels": [{"name": "chat", "kind": "terminal", "most_a_minute": 0}]}], indirect=True)
async def test_every_trigger_and_every_message_is_accounted_for(on_call: OnCall) -> None:
    faults = [broken("Pod", f"api-{n}", namespace=f"team-{n}") for n in range(4)]
    on_call.chat.fails = TemporaryError("503")
    for fault in faults:
        await on_call.sees(fault, after=10 * MINUTE)
    await on_call.sees(gone=faults[:1], after=20 * MINUTE)
    assert on_call.chat.told == []
    on_call.chat.fails = None
    await on_call.sees(gone=faults[1:2], after=10 * MINUTE)

    def books(connection: sa.Connection) -> tuple[dict[str, int], dict[int, str]]:
        worked_on = connection.execute(sa.select(trigger.c.state, sa.func.count()).group_by(trigger.c.state))
        messages = connection.execute(sa.select(delivery.c.id, delivery.c.state))
        return {row[0]: row[1] for row in worked_on}, {row[0]: row[1] for row in messages}

    worked_on, messages = await on_call.stead.store.look(books)
    assert worked_on == {"done": 6}, "one for each time that something changed"
    assert Counter(messages.values()) == {"sent": 6}
    received = Counter(delivery.id for delivery in on_call.chat.told)
    assert set(received) == set(messages)
    assert max(received.values()) == 1
    assert Counter(on_call.chat.reasons) == {"first": 4, "resolved": 2}
