"""What woke whoever proposes an action is what was known first of what is wrong now, or who asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.woke import Woke
from stead.engine.pursue import woken_by


@pytest.mark.parametrize(
    ("first", "woke"), [("container_crash", Woke.CHECK), ("alerts/PodCrash", Woke.ALERT), ("heartbeat/nas", Woke.HEARTBEAT)]
)
async def test_what_was_known_first(on_call: OnCall, first: str, woke: Woke) -> None:
    await on_call.sees(broken("Pod", "api", check=first), after=timedelta(seconds=30))
    await on_call.sees(broken("Pod", "api", check="pod_not_ready"), after=timedelta(seconds=30))

    assert await on_call.stead.store.look(woken_by, 1) is woke
    assert await on_call.stead.store.look(woken_by, 1, "person:anna") is Woke.PERSON
