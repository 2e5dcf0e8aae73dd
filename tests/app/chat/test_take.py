"""People answer in a chat: who may, once, with what comes of it told where it was asked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.app.chat.conftest import BEN, MALLORY, ROBOT, Counter

from stead.app.chat.words import command_of
from stead.domain.delivery import Button
from stead.domain.inbound import Press, payload, press_of
from stead.engine import stopping
from stead.store import events, pairings
from stead.store.chat_tables import inbound
from stead.testing.two_way_chat import ANN

NOT_FOR_VIEWERS = "You are a viewer here, ben, and this takes an approver; nothing was changed."


async def test_a_press_decides_once_and_sent_again_it_has_the_same_answer(counter: Counter) -> None:
    assert "rm door" in counter.channel.text("m1"), "the whole command is shown with the question"
    event = counter.server.press("m1", "deny")
    first = await counter.takes(event)
    assert first == ["A-1 is denied by ann: close_door house/Host/house."] or first[0].startswith("A-1 is denied by ann: close_door ")
    assert await counter.takes(event) == first
    assert ((await counter.approval()).state, (await counter.approval()).decided_by) == ("denied", "person:ann")
    (second,) = await counter.presses("m1", "approve", by=replace(ANN, name="Ann's other phone"))
    assert second.startswith("Approval A-1 is denied already by person:ann; nothing was changed.")


async def test_an_expired_question_is_told_and_changes_nothing(counter: Counter) -> None:
    counter.clock.advance(timedelta(minutes=31))
    (told,) = await counter.presses("m1", "approve")
    assert told.startswith("Approval A-1 expired at 09:30:00 UTC; nothing was changed.")
    assert (await counter.approval()).state == "pending"


async def test_a_button_of_another_question_of_that_number_does_nothing(counter: Counter) -> None:
    event = counter.server.press("m1", "deny")
    assert event.press is not None
    for press in (replace(event.press, nonce="0000000000"), replace(event.press, approval=9), replace(event.press, decision="dance")):
        (told,) = await counter.takes(replace(event, id=str(press), press=press))
        assert "of a question that is no more; nothing was changed" in told
    assert (await counter.approval()).state == "pending"


async def test_an_answer_in_words_names_its_question(counter: Counter) -> None:
    assert await counter.writes("yes", under="m1") == ["An answer names its question. Write `approve A-1` or `deny A-1`."]
    (told,) = await counter.writes("deny A-1 because the cat is outside")
    assert told.startswith("A-1 is denied by ann")
    assert (await counter.approval()).reason == "the cat is outside"


@pytest.mark.parametrize("text", ["/deny A-1", "!deny a-1", "Deny A-1.", "/deny@stead_bot A-1", "deny A1", "/deny 1"])
def test_the_ways_to_say_no(text: str) -> None:
    command = command_of(text)
    assert command is not None
    assert (command.name, command.rest.rstrip(".").upper().removeprefix("A-")) == ("deny", "1")


@pytest.mark.parametrize("text", ["deny everything", "approved A-1 yesterday", "/", "//deny A-1", "http://x/deny A-1", "we deny A-1"])
def test_words_that_are_no_command(text: str) -> None:
    assert command_of(text) is None


BEGINNINGS = ["", "/", "!", "/deny ", "approve A-", "deny ", "st:"]


@given(st.sampled_from(BEGINNINGS), st.text())
def test_whatever_is_written_only_what_names_a_command_or_a_question_is_one(beginning: str, words: str) -> None:
    text = beginning + words
    command = command_of(text)
    if command is None:
        assert re.match(r"[/!](?:deny|approve)(?:\s|$)", text) is None, "a command was not heard"
    elif text.lstrip()[0] in "/!":
        assert text.lstrip()[1:].lower().startswith(command.name)
        assert text.rstrip().endswith(command.rest)
    else:
        assert command.name in ("approve", "deny")
        assert re.match(r"A-\d{1,10}", command.rest), "without a stroke it decides only on a question that it names"


@given(st.text())
def test_no_text_but_a_payload_is_a_press(text: str) -> None:
    assert press_of(text) is None or text.startswith("st:")
    assert press_of(f"st:1:approve:{text}") in (None, Press(approval=1, decision="approve", nonce=text))


@given(st.integers(0, 10**9), st.sampled_from(["approve", "deny", "test"]), st.text("0123456789abcdef", max_size=16))
def test_what_stands_behind_a_button_comes_back_and_fits_every_provider(approval: int, decision: str, nonce: str) -> None:
    text = payload(Button(label="x", approval=approval, decision=decision, nonce=nonce))
    assert press_of(text) == Press(approval=approval, decision=decision, nonce=nonce)
    assert len(text.encode()) <= 64


async def test_a_viewer_reads_and_does_not_decide(counter: Counter) -> None:
    assert (await counter.presses("m1", "deny", by=BEN))[0].startswith(NOT_FOR_VIEWERS)
    for text in ("/approve A-1", "/stop", "/silence namespace=dev 2h", "/resume"):
        assert (await counter.writes(text, by=BEN))[0].startswith(NOT_FOR_VIEWERS)
    assert (await counter.approval()).state == "pending"
    assert "1 open, 1 waiting for an answer" in (await counter.writes("/status", by=BEN))[0]
    assert "/deny" not in (await counter.writes("/help", by=BEN))[0]


@pytest.mark.parametrize("counter", [{"channels": [{"name": "chat", "kind": "email"}]}], indirect=True)
async def test_e_mail_decides_nothing(counter: Counter) -> None:
    for said in (await counter.writes("deny A-1"), await counter.presses("m1", "deny"), await counter.writes("/stop")):
        assert said[0].startswith("E-mail decides nothing: anybody can write in another's name.")
    assert (await counter.approval()).state == "pending"
    assert await counter.writes("how is the door?"), "but it may be asked"


async def test_a_stranger_is_told_no_once_in_a_while_and_nothing_else(counter: Counter) -> None:
    (told,) = await counter.writes("/status", by=MALLORY)
    assert told.startswith("I do not know you")
    assert await counter.writes("/incidents", by=MALLORY) == []
    assert await counter.presses("m1", "deny", by=MALLORY) == []
    assert (await counter.approval()).state == "pending"
    counter.clock.advance(timedelta(minutes=11))
    assert len(await counter.writes("hello?", by=MALLORY)) == 1


async def test_two_bots_do_not_talk_to_each_other(counter: Counter) -> None:
    assert await counter.writes("deny A-1", by=ROBOT, group=True, meant=True) == []
    assert await counter.writes("/status", by=replace(ANN, bot=True)) == []
    assert (await counter.approval()).state == "pending"


async def test_what_people_say_to_each_other_is_neither_answered_nor_kept(counter: Counter) -> None:
    assert await counter.writes("who left the door open?", group=True) == []
    assert await counter.writes("lunch?", group=True, under="somebody's", by=MALLORY) == []
    assert await counter.store.look(lambda c: c.execute(sa.select(sa.func.count()).select_from(inbound)).scalar()) == 0
    assert len(await counter.writes("who left the door open?", group=True, meant=True)) == 1
    assert len(await counter.writes("since when?", group=True, under="m1")) == 1


async def code_for(counter: Counter, person: str) -> str:
    return await counter.store.run(pairings.make_code, person, counter.clock.now())


async def test_a_one_time_code_makes_a_stranger_somebody(counter: Counter) -> None:
    code = await code_for(counter, "cleo")
    event = counter.server.write(f" {code.lower()} ", by=MALLORY)
    (told,) = await counter.takes(event)
    assert told == "You are cleo here from now on (approver). /help tells what you can ask."
    assert await counter.takes(event) == [told], "the same event is no question of the person that it made"
    assert (await counter.presses("m1", "deny", by=MALLORY))[0].startswith("A-1 is denied by cleo")
    (late,) = await counter.writes(code, by=replace(MALLORY, id="7777"))
    assert "not good, or not any more" in late, "it is good once"
    assert [e["name"] for e in await counter.store.look(events.after, 0, 1000)].count("person.paired") == 1
    await counter.store.run(pairings.unpair, "cleo")
    assert (await counter.writes("/status", by=MALLORY))[0].startswith("I do not know you")


async def test_of_a_code_only_a_salted_hash_is_kept(counter: Counter) -> None:
    code = await code_for(counter, "cleo")
    kept = await counter.store.look(lambda c: str(c.execute(sa.text("select * from pairing_code")).all()))
    assert code.partition("-")[2] not in kept
    assert code not in kept


async def test_a_code_ends_after_ten_minutes_and_after_five_wrong_tries(counter: Counter) -> None:
    code = await code_for(counter, "cleo")
    counter.clock.advance(timedelta(minutes=10))
    assert "not good, or not any more" in (await counter.writes(code, by=MALLORY))[0]
    code = await code_for(counter, "cleo")
    wrong = f"{code.partition('-')[0]}-{'ZZZZZZ' if not code.endswith('ZZZZZZ') else 'YYYYYY'}"
    for number in range(5):
        assert "is wrong" in (await counter.writes(wrong, by=replace(MALLORY, id=f"700{number}")))[0]
    assert "not good, or not any more" in (await counter.writes(code, by=replace(MALLORY, id="7009")))[0]


async def test_one_stranger_tries_five_codes_and_no_more(counter: Counter) -> None:
    for _ in range(5):
        assert len(await counter.writes("AAAA-BBBBBB", by=MALLORY)) == 1
    code = await code_for(counter, "cleo")
    assert not any("You are cleo" in said for said in await counter.writes(code, by=MALLORY))


async def test_the_stop_switch_and_silences_are_at_hand(counter: Counter) -> None:
    (told,) = await counter.writes("/silence 2h because of the move", under="m1")
    assert told.startswith('S-1: silent for 2h about check="door_open", kind="Host", name="house".')
    assert "needs to know how long" in (await counter.writes("/silence I-1"))[0]
    assert "needs to know of what" in (await counter.writes("/silence 2h"))[0]
    assert "silent for 30m about namespace=" in (await counter.writes("/silence namespace=dev 30m"))[0]
    assert "is stopped" in (await counter.writes("/stop the plumber is here"))[0]
    stop = await counter.store.look(stopping.told)
    assert (stop["by"], stop["reason"]) == ("person:ann", "the plumber is here")
    assert "Stopped by person:ann" in (await counter.writes("/status"))[0]
    assert "acts again" in (await counter.writes("/resume"))[0]
    assert "Stead is not stopped" in (await counter.writes("/resume"))[0]


async def test_what_is_open_and_what_waits_is_told(counter: Counter) -> None:
    assert await counter.writes("/incidents") == ["WARNING I-1 (awaiting approval): the front door is open"]
    assert (await counter.writes("/incidents I-1"))[0].startswith("WARNING I-1: the front door is open")
    (question,) = await counter.writes("/approve")
    assert "rm door" in question
    assert "There is no command /dance" in (await counter.writes("/dance"))[0]
    assert "There is no incident I-77" in (await counter.writes("/incidents I-77"))[0]
    await counter.writes("deny A-1")
    assert await counter.writes("/jobs") == ["There is no job."]
    assert await counter.writes("/approvals") == ["Nothing waits for an answer."]
