"""A chat with people on it, without a wire: what Stead says lies open, and what people do reaches Stead as from a provider.

For tests of what Stead makes of answers. It keeps each event until it was taken, as Telegram and Matrix do.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from stead.channels.text import render
from stead.domain.delivery import Attachment, Capabilities, Delivery, Place
from stead.domain.errors import PermanentError, TemporaryError
from stead.domain.inbound import Inbound, InboundKind, Sender, payload, press_of
from stead.ports import Clock, Take
from stead.testing.scripted import Chat

ANN = Sender(id="1001", name="Ann")


class Server:
    """The provider: it has the messages and the events, whichever Stead is connected."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.messages: dict[str, Delivery] = {}
        self.shown: list[Delivery] = []
        self.answers: list[str] = []
        """What was said to whoever pressed or wrote, there and then."""
        self.events: list[Inbound] = []
        self.news = asyncio.Event()
        self.broken = False
        self._ids = itertools.count(1)

    def write(
        self,
        text: str,
        *,
        by: Sender = ANN,
        under: str = "",
        files: Sequence[Attachment] = (),
        group: bool = False,
        meant: bool = False,
        thread: str = "",
    ) -> Inbound:
        """Somebody writes: in a chat of two, or in a group, where `meant` names the bot."""
        number = next(self._ids)
        place = Place(chat="group" if group else f"with-{by.id}", thread=thread, message=f"u{number}")
        event = Inbound(
            channel="",
            id=f"e{number}",
            kind=InboundKind.TEXT,
            sender=by,
            place=place,
            at=self.clock.now(),
            text=text,
            reply_to=under,
            attachments=tuple(files),
            direct=not group,
            addressed=meant,
        )
        return self.send(event)

    def press(self, remote: str, decision: str, *, by: Sender = ANN) -> Inbound:
        """Somebody presses the button of this decision under a message. LookupError where there is none (any more)."""
        button = next((b for b in self.messages[remote].message.buttons if b.decision == decision), None)
        if button is None:
            raise LookupError(decision)
        event = Inbound(
            channel="",
            id=f"e{next(self._ids)}",
            kind=InboundKind.BUTTON,
            sender=by,
            place=Place(chat="home", message=remote),
            at=self.clock.now(),
            reply_to=remote,
            press=press_of(payload(button)),
        )
        return self.send(event)

    def send(self, event: Inbound) -> Inbound:
        """Give Stead this event, perhaps once more."""
        self.events.append(event)
        self.news.set()
        return event


class TwoWayChat(Chat):
    """Stead's side of it: a channel that sends to the server, and listens to it."""

    def __init__(self, server: Server, name: str = "chat", *, edit: bool = True, took: timedelta = timedelta(0)) -> None:
        super().__init__(name, edit=edit, took=took)
        self.capabilities = Capabilities(edit=edit, thread=True, buttons=True, pictures=True, files=True)
        self.server = server
        self.failures: list[Exception] = []
        self.taken = asyncio.Event()
        self._closed = False

    async def send(self, delivery: Delivery) -> str:
        if self._closed:
            raise PermanentError("the chat is closed")
        if self.failures:
            raise self.failures.pop(0)
        remote = await super().send(delivery)
        self.server.messages[remote] = delivery
        self.server.shown.append(delivery)
        return remote

    async def listen(self, take: Take) -> None:
        while True:
            self.server.news.clear()
            if self.server.broken:
                self.server.broken = False
                raise TemporaryError("the chat's connection broke")
            if not self.server.events:
                await self.server.news.wait()
                continue
            answer = await take(replace(self.server.events[0], channel=self.name))
            self.server.events.pop(0)
            self.taken.set()
            if answer:
                self.server.answers.append(answer)

    async def close(self) -> None:
        self._closed = True

    def text(self, remote: str) -> str:
        """What a message says now."""
        return render(self.server.messages[remote].message)
