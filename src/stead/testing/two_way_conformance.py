"""What every channel must do that also hears, as tests that an extension's author inherits.

class TestPager(TwoWayConformance):
    @pytest.fixture
    async def rig(self): ...      # a TwoWayRig
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Protocol

from stead.domain.delivery import Attachment, Block, BlockKind, Message
from stead.domain.errors import StorageError, TemporaryError
from stead.domain.finding import Severity
from stead.domain.inbound import Inbound, InboundKind, Press, Sender
from stead.ports import Channel, Listener
from stead.testing.channel_conformance import ChannelConformance, Rig, a_message, delivery

ANN = Sender(id="1001", name="Ann")
ROBOT = Sender(id="2002", name="another agent", bot=True)

PATIENCE = 10.0
"""Seconds of real time until what was sent over loopback counts as lost. No test waits for this unless it would fail."""

PICTURE = Attachment(
    name="load.png",
    media_type="image/png",
    data=bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001040100"
        "5fe5c34b0000000049454e44ae426082"
    ),
)
"""A PNG of one pixel."""
FILE = Attachment(name="pods.txt", media_type="text/plain", data=b"api-7c9f CrashLoopBackOff\n")


class TwoWayRig(Rig, Protocol):
    """A channel with its provider and the people on it.

    `redelivers`: the provider keeps an event until it is acknowledged, also while nobody listens.
    `toasts`: it can answer whoever pressed alone.
    """

    redelivers: bool
    toasts: bool

    def files(self) -> Sequence[Attachment]:
        """The pictures and files that people were shown; a provider may have changed a picture's bytes, and does not here."""
        ...

    def answers(self) -> Sequence[str]:
        """What was shown to people in answer to what they wrote (as messages of their own) or pressed (as a toast)."""
        ...

    def known(self, person: Sender) -> str:
        """The id by which the provider knows this person."""
        return person.id

    async def writes(
        self, text: str, *, by: Sender = ANN, under: str = "", files: Sequence[Attachment] = (), group: bool = False, meant: bool = False
    ) -> None:
        """`by` writes to the bot, in a chat of two or in a group; `under` is the remote id of a message that it answers.

        `meant`: the text names the bot, as people do in a group.
        """
        ...

    async def presses(self, remote: str, decision: str, *, by: Sender = ANN) -> None:
        """Press the button of the message `remote` (or give the reaction) that stands for this decision."""
        ...

    async def cut(self) -> None:
        """Let the connection by which the channel listens break, once."""
        ...

    async def reopened(self) -> Channel:
        """The channel as a restarted Stead opens it: the old one is closed, the provider is the same. It takes the place of `channel`."""
        ...


class Ears:
    """Takes what comes in, as Stead does: `answer` is what it says, and it cannot keep the next `full` events."""

    def __init__(self, answer: str = "") -> None:
        self.answer = answer
        self.full = 0
        self.heard: list[Inbound] = []
        self.refused: list[Inbound] = []
        self._more = asyncio.Event()

    async def take(self, inbound: Inbound) -> str:
        if self.full:
            self.full -= 1
            self.refused.append(inbound)
            raise StorageError("the disk is full")
        self.heard.append(inbound)
        self._more.set()
        return self.answer

    async def hears(self, count: int = 1) -> Inbound:
        """The latest of at least `count` events; fails when they do not come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()
        return self.heard[-1]


@contextlib.asynccontextmanager
async def listening(channel: Channel, ears: Ears) -> AsyncGenerator[None]:
    """The channel listens meanwhile, and is begun again when it breaks off, as Stead does (which waits before)."""
    assert isinstance(channel, Listener)

    async def kept_up() -> None:
        while True:
            with contextlib.suppress(TemporaryError, StorageError):
                await channel.listen(ears.take)

    task = asyncio.create_task(kept_up(), name="listening")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def until(true: Callable[[], object], what: str) -> None:
    """Wait until `true()` holds; fails, saying `what`, when it does not come to that."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110 - what is waited for lies beyond a wire, and sets no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(what) from None


def _asked() -> Message:
    return a_message(buttons=tuple(replace(button, nonce="0a1b2c3d4e") for button in a_message().buttons))


class TwoWayConformance(ChannelConformance):
    """Inherit, give a `rig` fixture, and each of these and of the one-way tests runs against your channel."""

    async def test_what_a_person_writes_is_heard_with_who_and_where(self, rig: TwoWayRig) -> None:
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("is the api well? 故障 🔥")
            heard = await ears.hears()
        assert (heard.kind, heard.channel, heard.text) == (InboundKind.TEXT, rig.channel.name, "is the api well? 故障 🔥")
        assert (heard.sender.id, heard.sender.name, heard.sender.bot) == (rig.known(ANN), ANN.name, False)
        assert heard.id
        assert heard.place.chat
        assert heard.place.message
        assert heard.direct
        assert heard.at.tzinfo is not None

    async def test_in_a_chat_of_many_it_is_heard_whether_stead_is_meant(self, rig: TwoWayRig) -> None:
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("lunch?", group=True)
            await rig.writes("how is the api?", group=True, meant=True)
            await until(lambda: any("api" in h.text for h in ears.heard), "the words that name the bot were not heard")
            meant = next(h for h in ears.heard if "api" in h.text)
        assert meant.addressed
        assert not meant.direct
        assert "how is the api?" in meant.text
        assert not any(h.addressed or h.direct for h in ears.heard if "lunch" in h.text)

    async def test_a_reply_names_the_message_that_it_answers(self, rig: TwoWayRig) -> None:
        remote = await rig.channel.send(delivery())
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("why?", under=remote)
            heard = await ears.hears()
        assert heard.reply_to in remote.split()

    async def test_a_press_is_bound_to_its_question_and_answered(self, rig: TwoWayRig) -> None:
        remote = await rig.channel.send(delivery(message=_asked()))
        ears = Ears("A-17 is approved by Ann.")
        async with listening(rig.channel, ears):
            await rig.presses(remote, "approve")
            heard = await ears.hears()
            await until(lambda: any("A-17 is approved" in said for said in rig.answers()), "whoever pressed was not answered")
        assert heard.kind in (InboundKind.BUTTON, InboundKind.REACTION)
        assert heard.press == Press(approval=17, decision="approve", nonce="0a1b2c3d4e")
        assert heard.sender.id == rig.known(ANN)
        assert heard.reply_to in remote.split()

    async def test_a_press_after_a_restart_is_the_same_press(self, rig: TwoWayRig) -> None:
        remote = await rig.channel.send(delivery(message=_asked()))
        ears = Ears("done")
        async with listening(await rig.reopened(), ears):
            await rig.presses(remote, "deny")
            heard = await ears.hears()
        assert heard.press == Press(approval=17, decision="deny", nonce="0a1b2c3d4e")

    async def test_a_question_that_was_answered_cannot_be_pressed_any_more(self, rig: TwoWayRig) -> None:
        first = await rig.channel.send(delivery(message=_asked()))
        over = a_message(resolved=True, state="resolved", buttons=())
        again = await rig.channel.send(delivery(2, message=over, replaces=first))
        pressable = True
        try:
            await rig.presses(again, "approve")
        except LookupError:
            pressable = False
        assert not pressable

    async def test_a_stranger_is_told_no_where_they_wrote(self, rig: TwoWayRig) -> None:
        ears = Ears("I do not know you.")
        async with listening(rig.channel, ears):
            await rig.writes("let me in", by=Sender(id="6666", name="Mallory"))
            await ears.hears()
            await until(lambda: any("I do not know you." in said for said in rig.answers()), "the stranger was told nothing")

    async def test_another_bot_is_known_as_one(self, rig: TwoWayRig) -> None:
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("I am the other agent", by=ROBOT, group=True, meant=True)
            await rig.writes("hello")
            await until(lambda: any(h.sender.id == rig.known(ANN) for h in ears.heard), "the person was not heard")
        assert all(h.sender.bot for h in ears.heard if h.sender.id == rig.known(ROBOT))

    async def test_what_could_not_be_kept_comes_again_and_what_was_kept_does_not(self, rig: TwoWayRig) -> None:
        ears = Ears()
        ears.full = 1
        async with listening(rig.channel, ears):
            await rig.writes("first")
            assert (await ears.hears()).text == "first"
            assert ears.refused[0].id == ears.heard[0].id
            await rig.writes("second")
            await until(lambda: any(h.text == "second" for h in ears.heard), "what came after it was not heard")
        async with listening(await rig.reopened(), ears):
            await rig.writes("third")
            await until(lambda: any(h.text == "third" for h in ears.heard), "a restarted Stead is deaf")
        ids = [h.id for h in ears.heard]
        assert len(set(ids)) == len(ids)
        assert [h.text for h in ears.heard] == ["first", "second", "third"]

    async def test_what_was_sent_while_stead_was_away_is_heard(self, rig: TwoWayRig) -> None:
        if not rig.redelivers:
            return
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("before")
            await ears.hears()
        await rig.writes("meanwhile")
        async with listening(await rig.reopened(), ears):
            assert (await ears.hears(2)).text == "meanwhile"

    async def test_a_connection_that_breaks_is_made_again(self, rig: TwoWayRig) -> None:
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("one")
            await ears.hears()
            await rig.cut()
            await rig.writes("two")
            assert (await ears.hears(2)).text == "two"

    async def test_pictures_and_files_arrive(self, rig: TwoWayRig) -> None:
        can = rig.channel.capabilities
        sent = [attachment for attachment, able in ((PICTURE, can.pictures), (FILE, can.files)) if able]
        await rig.channel.send(delivery(message=a_message(attachments=tuple(sent))))
        shown = rig.files()
        assert [(a.name, a.data) for a in shown] == [(a.name, a.data) for a in sent]

    async def test_pictures_and_files_are_heard(self, rig: TwoWayRig) -> None:
        if not rig.channel.capabilities.files:
            return
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("look at this", files=[FILE])
            heard = await ears.hears()
        assert heard.text == "look at this"
        assert [(a.name, a.media_type, a.data) for a in heard.attachments] == [(FILE.name, FILE.media_type, FILE.data)]

    async def test_an_answer_goes_where_the_question_was(self, rig: TwoWayRig) -> None:
        ears = Ears()
        async with listening(rig.channel, ears):
            await rig.writes("how is the api?", group=True, meant=True)
            asked = await ears.hears()
        told = Message(
            title="", severity=Severity.INFO, number="", state="", plain=True, blocks=(Block(kind=BlockKind.TEXT, text="It is well."),)
        )
        remote = await rig.channel.send(replace(delivery(message=told), place=asked.place))
        assert any("It is well." in said for said in rig.answers())
        async with listening(rig.channel, ears):
            await rig.writes("since when?", group=True, under=remote)
            await until(lambda: ears.heard[-1].text == "since when?", "the reply was not heard")
        assert ears.heard[-1].reply_to in remote.split()
        assert ears.heard[-1].place.chat == asked.place.chat

    async def test_code_stays_code_in_every_part(self, rig: TwoWayRig) -> None:
        lines = [f'line-{n:04}: {{"name": "<b>*_`x`_*</b> & co"}}' for n in range(300)]
        blocks = (Block(kind=BlockKind.TEXT, text="The manifest is:"), Block(kind=BlockKind.CODE, text="\n".join(lines)))
        await rig.channel.send(delivery(message=a_message(blocks=blocks, buttons=())))
        text = "\n".join(rig.shown())
        seen = [line.strip() for line in text.splitlines() if line.strip().startswith("line-")]
        assert seen == lines
