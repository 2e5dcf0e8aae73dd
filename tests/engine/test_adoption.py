"""What was broken before Stead came is one message and a choice, and no night of sixty messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.errors import UserError
from stead.domain.people import Principal, PrincipalKind, Role
from stead.engine import adoption

ANNA = Principal(kind=PrincipalKind.PERSON, name="anna", role=Role.APPROVER)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD = [broken("Pod", f"old-{n}") for n in range(60)]


async def test_the_first_night_is_one_message(on_call: OnCall) -> None:
    await on_call.sees(*OLD, complete=True, after=MINUTE)
    (told,) = on_call.chat.told
    assert told.message.title == "60 things were broken before Stead came to home"
    assert told.message.blocks[-1].command == "stead adopt"
    assert len(await on_call.stead.incidents()) == 60

    await on_call.sees(broken("Pod", "new"), after=MINUTE)
    assert [d.message.title for d in on_call.chat.messages[1:]] == ["new is broken"]

    await on_call.restart()
    await on_call.sees(*OLD, broken("Pod", "new"), complete=True, after=MINUTE)
    assert len(on_call.chat.messages) == 2, "a second start is no second adoption"


async def test_a_few_old_faults_are_told_one_by_one(on_call: OnCall) -> None:
    await on_call.sees(*OLD[:5], complete=True, after=MINUTE)
    assert on_call.chat.reasons == ["first"] * 5


async def test_sixty_faults_at_once_on_an_estate_that_was_well_are_news(on_call: OnCall) -> None:
    await on_call.sees(complete=True, after=MINUTE)
    await on_call.sees(*OLD[:20], after=MINUTE)
    assert len(on_call.chat.messages) == 20


async def test_a_person_chooses_for_each(on_call: OnCall) -> None:
    await on_call.sees(*OLD[:8], complete=True, after=MINUTE)
    stead = on_call.stead
    await stead.change(adoption.treat_as_new, [1], by=ANNA)
    await stead.change(adoption.accept, [2, 3], until=on_call.clock.now() + 2 * HOUR, reason="after the move", by=ANNA)
    await stead.change(adoption.accept, [4], until=None, reason="a toy", by=ANNA)
    await on_call.passes(MINUTE)
    assert [d.message.title for d in on_call.chat.messages] == ["8 things were broken before Stead came to home", "old-0 is broken"]
    assert next(d for d in reversed(on_call.chat.told) if not d.incident).message.title == "4 things were broken before Stead came to home"
    assert (await on_call.incident(2))["muted"][0]["why"] == "after the move (person:anna)"

    await on_call.passes(2 * HOUR)
    assert {d.message.title for d in on_call.chat.messages[2:]} == {"old-1 is broken", "old-2 is broken"}


async def test_what_comes_right_by_itself_needs_no_choice_and_its_return_is_news(on_call: OnCall) -> None:
    await on_call.sees(*OLD[:6], complete=True, after=MINUTE)
    await on_call.sees(gone=OLD[:6], after=MINUTE)
    assert (on_call.chat.last.resolved, len(on_call.chat.messages)) == (True, 1)
    await on_call.sees(OLD[0], after=MINUTE)
    assert on_call.chat.last.title == "old-0 is broken"


async def test_a_choice_that_cannot_be_changes_nothing(on_call: OnCall) -> None:
    await on_call.sees(*OLD[:6], complete=True, after=MINUTE)
    for numbers, until, reason in (([1, 99], None, "x"), ([1], None, ""), ([1], on_call.clock.now(), "x")):
        with pytest.raises(UserError, match="nothing was changed"):
            await on_call.stead.change(adoption.accept, numbers, until=until, reason=reason, by=ANNA)
    assert await on_call.events("incident.adopted") == []
