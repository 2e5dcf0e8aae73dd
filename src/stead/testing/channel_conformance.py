"""What every channel must do, as tests that an extension's author inherits.

class TestPager(ChannelConformance):
    @pytest.fixture
    async def rig(self): ...      # a Rig: the channel, what its receiver showed, and how to make the receiver fail
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from stead.domain.delivery import Because, Block, BlockKind, Button, Delivery, Message
from stead.domain.errors import PermanentError, TemporaryError
from stead.domain.finding import Severity
from stead.ports import Channel

RETRY_AFTER = 7.0
"""Seconds that a busy receiver asks for."""


class Fault(StrEnum):
    """BUSY: come back in RETRY_AFTER seconds. GONE: never again. CUT: the connection breaks before an answer."""

    BUSY = "busy"
    GONE = "gone"
    CUT = "cut"


class Rig(Protocol):
    """A channel with its receiver. `limit` is the longest part that the receiver takes, in characters, 0 for any.

    `tells` are the faults that the channel can tell from others: its protocol says so.
    """

    channel: Channel
    limit: int
    tells: frozenset[Fault]

    def shown(self) -> Sequence[str]:
        """What people were shown so far: one text a message, or a part of one, or an edit."""
        ...

    def fail(self, fault: Fault) -> None:
        """Let the next try meet this fault, and only that one."""
        ...


def delivery(number: int = 1, *, message: Message | None = None, replaces: str = "") -> Delivery:
    """A delivery of the message that a person would get for a broken rollout."""
    return Delivery(
        id=number,
        incident=41,
        channel="ops",
        conversation="I-41",
        position=number,
        because=Because.APPROVAL,
        message=message or a_message(),
        created_at=datetime(2026, 3, 1, 3, 0, tzinfo=UTC),
        replaces=replaces,
    )


def a_message(**changes: object) -> Message:
    message = Message(
        title="Deployment payments/api: revision 12 does not become ready",
        severity=Severity.CRITICAL,
        number="I-41",
        state="awaiting_approval",
        blocks=(
            Block(kind=BlockKind.TEXT, text="Began with revision 12, 4 minutes ago."),
            Block(kind=BlockKind.EVIDENCE, text="image cannot be pulled", command="kubectl -n payments get pods"),
            Block(kind=BlockKind.STEP, text="Nothing yet: rule `ask-before-rollback` wants a person"),
            Block(kind=BlockKind.COMMAND, text="do it by hand", command="kubectl -n payments rollout undo deployment/api"),
        ),
        buttons=(Button(label="Roll back", approval=17, decision="approve"), Button(label="Leave it", approval=17, decision="deny")),
    )
    return replace(message, **changes)


class ChannelConformance:
    """Inherit, give a `rig` fixture, and each of these runs against your channel."""

    async def test_a_message_says_what_how_bad_why_and_how_to_answer(self, rig: Rig) -> None:
        await rig.channel.send(delivery())
        text = "\n".join(rig.shown())
        for wanted in ("CRITICAL", "I-41", "revision 12", "kubectl -n payments get pods", "wants a person", "approve A-17"):
            assert wanted in text

    async def test_an_edit_says_what_is_true_now(self, rig: Rig) -> None:
        first = await rig.channel.send(delivery())
        if not rig.channel.capabilities.edit:
            return
        assert first
        over = a_message(resolved=True, state="resolved", title="Deployment payments/api is well again")
        again = await rig.channel.send(delivery(2, message=over, replaces=first))
        assert again
        latest = rig.shown()[-1]
        assert "RESOLVED I-41" in latest
        assert "stead approve" not in latest

    async def test_long_text_arrives_whole_and_breaks_where_a_reader_would(self, rig: Rig) -> None:
        lines = [f"line-{n:04} of what was seen, with a few words in it" for n in range(400)]
        await rig.channel.send(delivery(message=a_message(blocks=(Block(kind=BlockKind.TEXT, text="\n".join(lines)),))))
        parts = rig.shown()
        seen = re.findall(r"line-\d{4} of what was seen, with a few words in it", "\n".join(parts))
        assert seen == lines
        if rig.limit:
            assert len(parts) > 1
            assert all(len(part) <= rig.limit for part in parts)

    async def test_every_script_arrives(self, rig: Rig) -> None:
        words = "Störung 故障 عطل неполадка 🔥👩‍🚒"
        await rig.channel.send(delivery(message=a_message(title=words)))
        assert words in "\n".join(rig.shown())

    async def test_nobody_is_called_and_no_terminal_is_moved(self, rig: Rig) -> None:
        evil = "\x1b[2J\x1b]0;owned\x07 @everyone <@U123> <!channel> \u202egnp.exe \x9b31m\r\nnext \0"
        blocks = (Block(kind=BlockKind.EVIDENCE, text=evil, command=evil),)
        await rig.channel.send(delivery(message=a_message(title=evil, blocks=blocks)))
        text = "\n".join(rig.shown())
        assert "next" in text
        assert not re.search(r"@everyone|<@U123|<!channel", text)
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
        assert not set("\u202e\u2066\u200f") & set(text)

    async def test_a_busy_receiver_is_asked_again_later(self, rig: Rig) -> None:
        rig.fail(Fault.BUSY)
        error = await _failure(rig.channel, delivery())
        assert isinstance(error, TemporaryError)
        assert error.retry_after == (RETRY_AFTER if Fault.BUSY in rig.tells else None)
        await rig.channel.send(delivery())
        assert sum("I-41" in text for text in rig.shown()) == 1

    async def test_a_receiver_that_is_gone_is_not_asked_for_ever(self, rig: Rig) -> None:
        rig.fail(Fault.GONE)
        assert isinstance(await _failure(rig.channel, delivery()), PermanentError if Fault.GONE in rig.tells else TemporaryError)

    async def test_a_cut_connection_is_tried_again(self, rig: Rig) -> None:
        rig.fail(Fault.CUT)
        assert isinstance(await _failure(rig.channel, delivery()), TemporaryError)
        await rig.channel.send(delivery())
        assert "I-41" in "\n".join(rig.shown())

    async def test_closing_twice_is_closing_once(self, rig: Rig) -> None:
        await rig.channel.send(delivery())
        await rig.channel.close()
        await rig.channel.close()


async def _failure(channel: Channel, given: Delivery) -> Exception | None:
    try:
        await channel.send(given)
    except (TemporaryError, PermanentError) as error:
        return error
    return None
