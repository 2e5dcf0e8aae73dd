"""Who sleeps, is away or reads a digest is told later, once, in one message; what matters enough is told at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken
from tests.engine.test_mutes import ANNA

from stead.domain.delivery import Because
from stead.domain.errors import UserError
from stead.domain.finding import Severity
from stead.engine import being_away

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

# The clock of the tests begins at 09:00 UTC on a Monday, which is 10:00 in Berlin.
QUIET = {"start_time": "09:00", "end_time": "12:00", "location": "Europe/Berlin"}
NIGHT: dict[str, Any] = {"receivers": [{"name": "chat", "quiet_hours": [QUIET]}]}
ROOM: dict[str, Any] = {
    "chats": ["anna", "ben"],
    "routes": {"receiver": "anna"},
    "escalations": [{"name": "night", "steps": [{"after": "10m", "receiver": "anna"}, {"after": "10m", "receiver": "ben"}]}],
}

STORM: dict[str, Any] = {"channels": [{"name": "chat", "kind": "terminal", "most_a_minute": 3}]}

API, WEB = broken("Pod", "api"), broken("Pod", "web")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(on_call: OnCall) -> dict[str, list[str]]:
    return {name: chat.reasons for name, chat in on_call.chats.items()}


async def away(on_call: OnCall, name: str, lasts: timedelta) -> None:
    until: datetime = on_call.clock.now() + lasts
    await on_call.stead.change(being_away.leave, name, until, by=ANNA)


@pytest.mark.parametrize("on_call", [NIGHT], indirect=True)
async def test_what_a_night_held_back_is_one_message_in_the_morning(on_call: OnCall) -> None:
    db = broken("Pod", "db", severity=Severity.CRITICAL)
    await on_call.sees(API, WEB, db, after=MINUTE)
    assert [(delivery.because.value, delivery.message.severity) for delivery in on_call.chat.told] == [("first", Severity.CRITICAL)]
    await on_call.sees(gone=[WEB, db], after=HOUR)
    assert on_call.chat.reasons == ["first", "resolved"], "an edit disturbs nobody"
    await on_call.restart()
    await on_call.passes(HOUR)
    assert on_call.chat.reasons == ["first", "resolved", "together"]
    said = on_call.chat.last
    assert (said.title, said.resolved) == ("2 incidents while it was quiet for chat, 1 of them over", False)
    assert [line.partition(":")[0] for line in said.blocks[0].text.splitlines()] == ["I-2 warning, open", "I-3 warning, over"]
    await on_call.sees(gone=[API], after=MINUTE)
    assert on_call.chat.reasons[3:] == ["resolved"], "that it is over is told, to whom it was told in the list"
    assert await on_call.stead.store.look(lambda c: c.exec_driver_sql("select count(*) from delivery where told_in > 0").scalar()) == 2


@pytest.mark.parametrize("on_call", [{"receivers": [{"name": "chat", "digest": {"every": "1h"}}]}], indirect=True)
async def test_a_digest_says_everything_of_its_hour_and_nothing_twice(on_call: OnCall) -> None:
    await on_call.sees(API, broken("Pod", "db", severity=Severity.CRITICAL), after=50 * MINUTE)
    assert on_call.chat.told == []
    await on_call.passes(20 * MINUTE)
    assert [delivery.message.title for delivery in on_call.chat.told] == ["2 incidents for the digest of chat"]
    await on_call.sees(gone=[API], after=50 * MINUTE)
    assert [delivery.message.title for delivery in on_call.chat.told[1:]] == ["1 incident for the digest of chat, and over"]
    await on_call.passes(2 * HOUR)
    assert len(on_call.chat.told) == 2, "where nothing happened nothing is said"


@pytest.mark.parametrize("on_call", [ROOM], indirect=True)
async def test_who_is_away_is_passed_over_and_somebody_else_is_told(on_call: OnCall) -> None:
    await away(on_call, "anna", HOUR)
    await on_call.sees(broken("Pod", "db", severity=Severity.CRITICAL), after=MINUTE)
    assert told(on_call) == {"anna": [], "ben": ["first"]}
    await on_call.passes(11 * MINUTE)
    assert told(on_call) == {"anna": [], "ben": ["first", "unanswered"]}, "nobody waits for who is not there"
    await on_call.stead.change(being_away.back, "anna", by=ANNA)
    await on_call.passes(MINUTE)
    assert [delivery.message.title for delivery in on_call.chats["anna"].told] == ["1 incident while anna was away"]
    with pytest.raises(UserError, match="`anna` is not away"):
        await on_call.stead.change(being_away.back, "anna", by=ANNA)
    with pytest.raises(UserError, match="there is no receiver `nobody`"):
        await away(on_call, "nobody", HOUR)
    with pytest.raises(UserError, match="has passed"):
        await away(on_call, "ben", -HOUR)


@pytest.mark.parametrize("on_call", [STORM, {**STORM, "edit": False}], indirect=True, ids=["edits", "cannot-edit"])
async def test_a_storm_is_a_few_messages_and_one_that_lists_the_rest(on_call: OnCall) -> None:
    storm = [broken("Pod", f"api-{n}", namespace=f"team-{n}") for n in range(8)]
    await on_call.sees(*storm, after=20 * timedelta(seconds=1))
    edits = on_call.chat.capabilities.edit
    assert sorted(on_call.chat.reasons) == ["first"] * 3 + ["together"]
    (listed,) = (delivery.message for delivery in on_call.chat.told if delivery.because is Because.TOGETHER)
    assert listed.title == "5 incidents more"
    await on_call.passes(5 * MINUTE)
    single = next(fault for fault in storm if fault.summary not in listed.blocks[0].text)
    folded = next(fault for fault in storm if fault.summary in listed.blocks[0].text)
    await on_call.sees(gone=[single, folded], after=5 * MINUTE)
    last = {delivery.because: delivery for delivery in on_call.chat.told}
    assert last[Because.RESOLVED].message.title == single.summary
    assert last[Because.TOGETHER].message.title == "5 incidents more, 1 of them over"
    assert bool(last[Because.TOGETHER].replaces) is edits
    assert len(on_call.chat.told) == 6
