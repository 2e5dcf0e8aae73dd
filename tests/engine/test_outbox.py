"""What does not arrive is not lost: it is tried for hours, told elsewhere, told to be dead, and a person may try again or drop it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken
from tests.engine.test_mutes import ANNA

from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.people import Principal, PrincipalKind
from stead.engine import outbox

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TWO: dict[str, Any] = {"chats": ["ops", "mail"], "routes": {"receiver": "ops"}}

API, WEB = broken("Pod", "api"), broken("Pod", "web")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def states(on_call: OnCall, number: int = 1) -> list[tuple[str, str]]:
    return [(delivery["channel"], delivery["state"]) for delivery in (await on_call.incident(number))["deliveries"]]


async def test_a_provider_that_is_down_for_an_hour_loses_nothing_and_nothing_comes_twice(on_call: OnCall) -> None:
    on_call.chat.fails = TemporaryError("503")
    await on_call.sees(API, WEB, after=HOUR)
    assert on_call.chat.told == []
    assert on_call.chat.tries < 50, "it is asked less and less often"
    assert [await states(on_call, number) for number in (1, 2)] == [[("chat", "queued")]] * 2, "not sent before the provider said so"
    on_call.chat.fails = None
    await on_call.sees(gone=[WEB], after=10 * MINUTE)
    said = [(delivery.incident, delivery.because.value) for delivery in on_call.chat.told]
    assert sorted(said) == [(1, "first"), (2, "first"), (2, "resolved")]
    assert len({delivery.id for delivery in on_call.chat.told}) == 3


async def test_retry_after_is_honoured(on_call: OnCall) -> None:
    on_call.chat.fails = TemporaryError("slow down", retry_after=1000)
    await on_call.sees(API, after=15 * MINUTE)
    assert on_call.chat.tries == 1


@pytest.mark.parametrize("on_call", [TWO], indirect=True)
@pytest.mark.parametrize("error", [PermanentError("no such chat"), TemporaryError("503")], ids=["gone", "down"])
async def test_an_incident_whose_only_channel_takes_nothing_is_told_on_another(
    on_call: OnCall, error: PermanentError | TemporaryError
) -> None:
    on_call.chats["ops"].fails = error
    await on_call.sees(API, after=5 * MINUTE)
    mail = on_call.chats["mail"]
    assert mail.reasons == ["first"]
    assert mail.last.blocks[0].text == f"Told here because ops does not take it: {error}."
    await on_call.sees(gone=[API], after=5 * MINUTE)
    assert mail.reasons[-1] == "resolved", "who was told hears that it is over"


async def test_a_dead_one_is_shown_tried_again_with_what_is_news_now_and_only_once(on_call: OnCall) -> None:
    on_call.chat.fails = PermanentError("the bot was removed")
    await on_call.sees(API, after=MINUTE)
    status = await on_call.stead.status()
    assert status["deliveries"]["dead"] == 1
    assert (status["dead"][0]["id"], status["dead"][0]["error"]) == ("D-1", "the bot was removed")
    on_call.chat.fails = None
    await on_call.stead.change(outbox.retry, 1, by=ANNA)
    await on_call.passes(MINUTE)
    assert [delivery.id for delivery in on_call.chat.told] == [1]
    with pytest.raises(UserError, match="D-1 is sent, and was not given up on"):
        await on_call.stead.change(outbox.retry, 1, by=ANNA)


async def test_a_dead_one_that_was_overtaken_is_not_said_any_more(on_call: OnCall) -> None:
    on_call.chat.fails = PermanentError("the bot was removed")
    await on_call.sees(API, after=MINUTE)
    on_call.chat.fails = None
    await on_call.sees(gone=[API], after=MINUTE)
    with pytest.raises(UserError, match="D-1 is out of date: D-2 says what is newer there"):
        await on_call.stead.change(outbox.retry, 1, by=ANNA)
    await on_call.stead.change(outbox.drop, 1, by=ANNA)
    assert await states(on_call) == [("chat", "dropped"), ("chat", "sent")]
    assert (await on_call.stead.status())["dead"] == []


async def test_what_is_dropped_makes_way_for_what_comes_after_it(on_call: OnCall) -> None:
    on_call.chat.fails = TemporaryError("503")
    await on_call.sees(API, after=10 * MINUTE)
    await on_call.sees(gone=[API], after=10 * MINUTE)
    assert await states(on_call) == [("chat", "queued")] * 2
    on_call.chat.fails = None
    dropped = await on_call.stead.change(outbox.drop, 1, by=ANNA)
    assert (dropped.state, dropped.error) == ("dropped", "dropped by person:anna")
    await on_call.passes(MINUTE)
    assert on_call.chat.reasons == ["resolved"]
    with pytest.raises(UserError, match="D-1 is dropped; nothing was changed"):
        await on_call.stead.change(outbox.drop, 1, by=ANNA)
    with pytest.raises(UserError, match="may not change the outbox"):
        await on_call.stead.change(outbox.drop, 2, by=Principal(kind=PrincipalKind.PERSON, name="guest"))
