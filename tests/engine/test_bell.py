"""What is enqueued begins at once: the queue is told of it, and need not be looking."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.engine.conftest import OnCall, broken

from stead.engine import journal


@pytest.fixture
def hardly_ever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "POLLING_SECONDS", 3600.0)


@pytest.mark.usefixtures("hardly_ever_looks")
async def test_what_is_enqueued_begins_without_waiting_for_the_next_look(on_call: OnCall) -> None:
    for name in ("api", "web"):
        await on_call.sees(broken("Pod", name), after=timedelta(minutes=1))
    assert len(on_call.chat.told) == 2
    await on_call.restart()
    await on_call.sees(gone=[broken("Pod", "api")], after=timedelta(minutes=5))
    assert "resolved" in (await on_call.incidents()).values()
