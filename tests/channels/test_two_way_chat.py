"""The conformance suite of two-way channels, on the chat without a wire: the suite can be passed, and the double keeps the port's word."""

from collections.abc import Sequence

import pytest

from stead.channels.text import render
from stead.clocks import SystemClock
from stead.domain.delivery import Attachment
from stead.domain.errors import PermanentError, TemporaryError
from stead.domain.inbound import Sender
from stead.testing.channel_conformance import RETRY_AFTER, Fault
from stead.testing.two_way_chat import ANN, Server, TwoWayChat
from stead.testing.two_way_conformance import TwoWayConformance, TwoWayRig


class ChatRig(TwoWayRig):
    limit = 0
    tells = frozenset(Fault)
    redelivers = True
    toasts = True

    def __init__(self) -> None:
        self.server = Server(SystemClock())
        self.channel = TwoWayChat(self.server, "ops")

    def shown(self) -> list[str]:
        return [render(delivery.message) for delivery in self.server.shown]

    def files(self) -> list[Attachment]:
        return [file for delivery in self.server.shown for file in delivery.message.attachments]

    def answers(self) -> list[str]:
        return [*self.server.answers, *(render(d.message) for d in self.server.shown if d.place is not None)]

    def fail(self, fault: Fault) -> None:
        self.channel.failures.append(
            {
                Fault.BUSY: TemporaryError("slow down", retry_after=RETRY_AFTER),
                Fault.GONE: PermanentError("gone"),
                Fault.CUT: TemporaryError("cut"),
            }[fault]
        )

    async def writes(
        self, text: str, *, by: Sender = ANN, under: str = "", files: Sequence[Attachment] = (), group: bool = False, meant: bool = False
    ) -> None:
        self.server.write(text, by=by, under=under, files=files, group=group, meant=meant)

    async def presses(self, remote: str, decision: str, *, by: Sender = ANN) -> None:
        self.server.press(remote, decision, by=by)

    async def cut(self) -> None:
        self.server.broken = True
        self.server.news.set()

    async def reopened(self) -> TwoWayChat:
        await self.channel.close()
        self.channel = TwoWayChat(self.server, "ops")
        return self.channel


class TestTwoWayChat(TwoWayConformance):
    @pytest.fixture
    def rig(self) -> ChatRig:
        return ChatRig()
