"""A channel is tried with a person: the message that was sent has a button, and a reply to it with words or a file counts, too."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from stead.app.chat.desk import Desk, Trial
from stead.domain.delivery import Attachment, Because, Block, BlockKind, Button, Capabilities, Message
from stead.domain.errors import Exit, UserError
from stead.domain.finding import Severity
from stead.domain.ids import delivery_workflow
from stead.domain.inbound import Inbound, Press
from stead.domain.people import Person
from stead.engine.journey import Journey
from stead.store import deliveries, due

DECISION = "test"
MOST_TRIALS = 50


def begin(connection: sa.Connection, journey: Journey, desk: Desk, name: str, *, round_trip: bool) -> tuple[str, int]:
    """Queue a test message on this channel: its nonce, and its delivery's id. UserError for a channel that there is not."""
    channel = journey.channels.get(name)
    if channel is None:
        raise UserError(f"there is no channel `{name[:60]}`", hint=f"known: {', '.join(journey.channels)}", code=Exit.NEGATIVE)
    nonce = secrets.token_hex(5)
    delivery = deliveries.add(
        connection,
        incident=0,
        channel=name,
        conversation=f"{name}:test:{nonce}",
        because=Because.TEST,
        message=_message(name, nonce, channel.capabilities, round_trip=round_trip),
        now=journey.now(),
    )
    due.schedule(connection, "deliver", str(delivery), journey.now(), delivery_workflow(delivery, 1))
    if len(desk.trials) >= MOST_TRIALS:
        del desk.trials[next(iter(desk.trials))]
    desk.trials[nonce] = Trial(channel=name, delivery=delivery)
    return nonce, delivery


def pressed(desk: Desk, press: Press, person: Person) -> str:
    """The button of a test message was pressed."""
    trial = desk.trials.get(press.nonce)
    if trial is None:
        return "That test is over."
    trial.pressed_by = person.name
    return "The button works. Reply to the message with a word, and with a file, and all is proven."


def heard(connection: sa.Connection, event: Inbound, desk: Desk) -> str:
    """What to say to a reply to a test message; "" where it is none."""
    found = deliveries.of_remote(connection, event.channel, event.reply_to) if event.reply_to else None
    trial = next((t for t in desk.trials.values() if found is not None and t.delivery == found[0].id), None)
    if trial is None:
        return ""
    if event.attachments:
        trial.file = ", ".join(f"{each.name} ({len(each.data)} bytes)" for each in event.attachments)
    trial.wrote = event.text[:200] or trial.wrote
    return f"Heard: {trial.file or trial.wrote or 'nothing'}."


def _message(name: str, nonce: str, can: Capabilities, *, round_trip: bool) -> Message:
    words = [f"This is a test of the channel `{name}`. Nothing is wrong."]
    if round_trip:
        words.append("Press the button, then reply to this message with a word and with a file: each is told where the test was begun.")
    return Message(
        title="A test",
        severity=Severity.INFO,
        number="",
        state="",
        plain=True,
        blocks=tuple(Block(kind=BlockKind.TEXT, text=text) for text in words),
        buttons=(Button(label="It works", approval=0, decision=DECISION, nonce=nonce),) if round_trip and can.buttons else (),
        attachments=(Attachment(name="test.txt", media_type="text/plain", data=b"a file of Stead's\n"),)
        if round_trip and can.files
        else (),
    )
