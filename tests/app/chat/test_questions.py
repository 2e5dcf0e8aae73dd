"""Words in a chat are questions: each goes on with the conversation under which it was written, and its answer comes there."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.app.chat.conftest import BEN, Counter

from stead.domain.delivery import Attachment, Block, BlockKind, Message, Place
from stead.domain.finding import Severity
from stead.domain.spoken import blocks
from stead.engine import saying, talking
from stead.store import talks
from stead.store.tables import session
from stead.testing.two_way_conformance import FILE, PICTURE


async def sessions(counter: Counter) -> list[tuple[int | None, str, list[str], str]]:
    """Of each session: its incident, its principal, its questions, and what came with the last."""

    def look(connection: sa.Connection) -> list[tuple[int | None, str, list[str], str]]:
        found = connection.execute(sa.select(session).where(session.c.agent != "").order_by(session.c.created_at, session.c.id)).all()
        turns = [(row, talks.turns(connection, row.id)) for row in found]
        return [(row.incident, row.principal, [t.question for t in asked], asked[-1].attached) for row, asked in turns]

    return await counter.store.look(look)


async def test_a_question_in_a_direct_chat_goes_on_with_the_one_before(counter: Counter) -> None:
    (answer,) = await counter.writes("is the door shut?")
    assert "the front door is open" in answer
    await counter.writes("since when?")
    await counter.writes("/ask and who saw it?")
    assert await sessions(counter) == [(None, "person:ann", ["is the door shut?", "since when?", "and who saw it?"], "")]
    await counter.writes("is the door shut?", by=BEN)
    assert len(await sessions(counter)) == 2, "somebody else's conversation is another"


async def test_a_reply_to_an_incidents_message_is_about_that_incident(counter: Counter) -> None:
    (answer,) = await counter.writes("why?", under="m1", group=True, thread="t7")
    assert "I-1" in answer
    said = await counter.sent("m2")
    assert said.place == Place(chat="group", thread="t7", message="u1")
    await counter.writes("and now?", under="m2", group=True, thread="t7")
    assert [(about, asked) for about, _, asked, _ in await sessions(counter)] == [(1, ["why?", "and now?"])]


async def test_a_reply_to_a_report_tells_its_agent_what_the_report_said(counter: Counter) -> None:
    report = Message(
        title="Daily report",
        severity=Severity.INFO,
        number="",
        state="",
        plain=True,
        blocks=(Block(kind=BlockKind.TEXT, text="17 pods restarted."),),
    )
    await counter.store.run(saying.say, counter.journey, "chat", Place(chat="home"), report)
    await counter.sent("m9")
    await counter.writes("which ones?", under="m9", group=True)
    ((about, _, asked, attached),) = await sessions(counter)
    assert (about, asked) == (None, ["which ones?"])
    assert "17 pods restarted." in attached


async def test_a_session_that_is_over_is_begun_again_with_what_was_said(counter: Counter) -> None:
    await counter.writes("why?", under="m1")
    await counter.sent("m2")
    counter.clock.advance(timedelta(minutes=31))
    (row,) = await counter.store.look(lambda c: c.execute(sa.select(session.c.id)).scalars().all())
    await counter.store.run(talking.age, counter.journey, row)
    await counter.writes("go on", under="m2")
    first, second = await sessions(counter)
    assert (first[0], second[0], second[2]) == (1, 1, ["go on"])
    assert "This answers a message of yours" in second[3]


async def test_text_files_are_read_and_others_are_named(counter: Counter) -> None:
    await counter.writes("", files=[FILE, PICTURE])
    ((_, _, asked, attached),) = await sessions(counter)
    assert asked == ["Look at what is attached."]
    assert "api-7c9f CrashLoopBackOff" in attached
    assert "load.png: image/png" in attached
    assert "which nobody has looked at" in attached


async def test_nothing_is_no_question(counter: Counter) -> None:
    assert (await counter.writes("  "))[0].startswith("There is no question in it.")


@pytest.mark.parametrize("counter", [{"channels": [{"name": "chat", "kind": "chat", "agent": "librarian"}]}], indirect=True)
async def test_an_agent_that_is_gone_is_told(counter: Counter) -> None:
    assert "There is no agent `librarian`" in (await counter.writes("hello?"))[0]


async def test_a_huge_file_is_cut(counter: Counter) -> None:
    await counter.writes("what is it?", files=[Attachment(name="big.txt", media_type="text/plain", data=b"x" * 1_000_000)])
    assert len((await sessions(counter))[0][3]) <= 40_000


def test_code_in_an_answer_stays_code() -> None:
    made = blocks("Look:\n\n```yaml\na: 1\n\n  b: 2\n```\nDone.\n~~~\nopen")
    assert [(b.kind.value, b.text) for b in made] == [("text", "Look:"), ("code", "a: 1\n\n  b: 2"), ("text", "Done."), ("code", "open")]
    assert blocks("") == ()
