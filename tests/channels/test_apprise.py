"""The one-way library, speaking to a real HTTP service on loopback."""

import builtins
import json
from collections.abc import AsyncIterator

import pytest

from stead.channels.apprise import Apprise, AppriseSettings, apprise
from stead.clocks import SystemClock
from stead.domain.delivery import Block, BlockKind
from stead.domain.errors import TemporaryError, UserError
from stead.testing.channel_conformance import ChannelConformance, Fault, a_message, delivery
from stead.testing.receiver import Answer, Receiver


def open_apprise(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, *, limit: int = 0) -> Apprise:
    monkeypatch.setenv("PAGER", f"json://{receiver.address}/notify")
    channel = apprise.open("pager", AppriseSettings.model_validate({"url": "env:PAGER", "limit": limit}), SystemClock())
    assert isinstance(channel, Apprise)
    return channel


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as listening:
        yield listening


class AppriseRig:
    tells: frozenset[Fault] = frozenset()

    def __init__(self, receiver: Receiver, channel: Apprise, limit: int) -> None:
        self.receiver = receiver
        self.channel = channel
        self.limit = limit

    def shown(self) -> list[str]:
        # The limit is the body's: a service with a field for titles counts that by itself.
        sent = [json.loads(request.body) for request in self.receiver.accepted]
        return [part["message"] if self.limit else f"{part['title']}\n{part['message']}" for part in sent]

    def fail(self, fault: Fault) -> None:
        answers = {Fault.BUSY: Answer(429, headers={"Retry-After": "7"}), Fault.GONE: Answer(410), Fault.CUT: Answer(cut=True)}
        self.receiver.script.append(answers[fault])


class TestApprise(ChannelConformance):
    @pytest.fixture
    def rig(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> AppriseRig:
        return AppriseRig(receiver, open_apprise(receiver, monkeypatch), 0)


async def test_long_text_goes_in_parts_and_a_second_try_repeats_none(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    channel = open_apprise(receiver, monkeypatch, limit=500)
    rig = AppriseRig(receiver, channel, 500)
    words = "\n".join(f"line-{n:03} of what was seen" for n in range(60))
    long = delivery(message=a_message(blocks=(Block(kind=BlockKind.TEXT, text=words),), buttons=()))
    receiver.script.extend([Answer(), Answer(503)])
    with pytest.raises(TemporaryError):
        await channel.send(long)
    await channel.send(long)
    parts = rig.shown()
    assert len(parts) > 2
    assert all(len(part) <= 500 for part in parts)
    assert [line for part in parts for line in part.splitlines() if line.startswith("line-")] == words.splitlines()
    assert parts[0].endswith(f"(1/{len(parts)})")


async def test_a_redirect_is_not_followed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    receiver.script.append(Answer(307, headers={"Location": f"http://{receiver.address}/elsewhere"}))
    with pytest.raises(TemporaryError):
        await open_apprise(receiver, monkeypatch).send(delivery())
    assert len(receiver.requests) == 1


def test_a_url_that_the_library_does_not_know_is_named_by_its_reference(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PAGER", "nosuchservice://token@host")
    with pytest.raises(UserError, match="`env:PAGER` does not hold an apprise URL") as caught:
        apprise.open("pager", AppriseSettings.model_validate({"url": "env:PAGER"}), SystemClock())
    assert "token" not in caught.value.what


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    importing = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name == "apprise":
            raise ImportError(name)
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setenv("PAGER", "json://127.0.0.1/")
    with pytest.raises(UserError) as caught:
        apprise.open("pager", AppriseSettings.model_validate({"url": "env:PAGER"}), SystemClock())
    assert "stead[apprise]" in caught.value.hint
