"""While nobody acknowledges, one after the other is told; who acknowledges has peace, and is still told what happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken
from tests.engine.test_mutes import ANNA, silence

from stead.domain.errors import UserError
from stead.domain.finding import Severity
from stead.domain.people import Principal, PrincipalKind
from stead.engine import acknowledging

MINUTE = timedelta(minutes=1)

LADDER: dict[str, Any] = {
    "chats": ["ops", "anna", "ben"],
    "routes": {"receiver": "ops", "routes": [{"matchers": ["namespace=slow"], "repeat_interval": "1h"}]},
    "escalations": [
        {"name": "night", "steps": [{"after": "10m", "receiver": "anna"}, {"after": "5m", "receivers": ["ben", "ops"]}], "rounds": 2}
    ],
}

API = broken("Pod", "api", severity=Severity.CRITICAL)

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("on_call", [LADDER], indirect=True),
]


def told(on_call: OnCall) -> dict[str, list[str]]:
    return {name: chat.reasons for name, chat in on_call.chats.items()}


async def ack(on_call: OnCall, number: int = 1, by: Principal = ANNA) -> str:
    return (await on_call.stead.change(acknowledging.acknowledge, number, by=by)).acknowledged_by


async def test_one_after_the_other_is_told_until_the_ladder_ends_also_after_a_restart(on_call: OnCall) -> None:
    await on_call.sees(API, after=MINUTE)
    assert told(on_call) == {"ops": ["first"], "anna": [], "ben": []}
    await on_call.passes(8 * MINUTE)
    await on_call.restart()
    await on_call.passes(2 * MINUTE)
    assert told(on_call) == {"ops": ["first"], "anna": ["unanswered"], "ben": []}
    assert (on_call.chats["anna"].last.blocks[0].text, on_call.chats["anna"].last.blocks[0].command) == (
        "nobody has acknowledged this for 10 min",
        "stead ack I-1",
    )
    await on_call.passes(5 * MINUTE)
    assert told(on_call) == {"ops": ["first", "unanswered"], "anna": ["unanswered"], "ben": ["unanswered"]}
    assert not on_call.chats["ops"].told[-1].replaces, "an edit would ring nowhere"
    await on_call.passes(timedelta(minutes=50))
    assert [len(reasons) for reasons in told(on_call).values()] == [3, 2, 2], "two rounds, and no more"
    await on_call.sees(gone=[API], after=MINUTE)
    assert [reasons[-1] for reasons in told(on_call).values()] == ["resolved"] * 3, "who was called is told that it is over"


async def test_an_acknowledgement_stops_it_and_the_first_counts(on_call: OnCall) -> None:
    await on_call.sees(API, after=12 * MINUTE)
    ben = replace(ANNA, name="ben")
    assert await ack(on_call) == "person:anna"
    assert await ack(on_call, by=ben) == "person:anna", "a second press is harmless"
    await on_call.passes(timedelta(hours=1))
    assert told(on_call)["ben"] == []
    assert "person:anna looks after it" in on_call.chats["ops"].last.blocks[-1].text
    await on_call.sees(gone=[API], after=MINUTE)
    assert told(on_call)["ops"][-1] == "resolved"
    with pytest.raises(UserError, match="I-1 is over"):
        await ack(on_call)
    await on_call.sees(API, after=12 * MINUTE)
    assert told(on_call)["anna"][-1] == "unanswered", "a return is nobody's yet"


async def test_who_may_not_decide_may_not_acknowledge_and_what_is_not_there_cannot_be(on_call: OnCall) -> None:
    await on_call.sees(API, after=MINUTE)
    with pytest.raises(UserError, match="may not acknowledge I-1"):
        await ack(on_call, by=Principal(kind=PrincipalKind.PERSON, name="guest"))
    with pytest.raises(UserError, match="there is no incident I-7"):
        await ack(on_call, number=7)


async def test_what_is_not_critical_or_silent_calls_nobody_and_a_silence_that_ends_begins_anew(on_call: OnCall) -> None:
    await on_call.sees(broken("Pod", "web"), after=timedelta(minutes=20))
    assert told(on_call) == {"ops": ["first"], "anna": [], "ben": []}
    await on_call.sees(API, after=MINUTE)
    await silence(on_call, "name=api", lasts=timedelta(hours=1))
    await on_call.passes(timedelta(minutes=59))
    assert told(on_call)["anna"] == []
    await on_call.passes(12 * MINUTE)
    assert told(on_call)["anna"] == ["unanswered"]


async def test_a_route_says_again_what_is_open_and_nobodys(on_call: OnCall) -> None:
    slow = broken("Pod", "api", namespace="slow")
    await on_call.sees(slow, after=timedelta(minutes=150))
    assert told(on_call)["ops"] == ["first", "repeated", "repeated"]
    assert len(on_call.chats["ops"].messages) == 3, "each rings"
    await ack(on_call)
    await on_call.passes(timedelta(minutes=90))
    assert told(on_call)["ops"] == ["first", "repeated", "repeated", "moved"]
