"""Matrix: the whole two-way suite against a real homeserver, and what is Matrix's alone."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from tests.channels.homeserver import Account, Gate, Homeserver

from stead.channels.matrix import Matrix, MatrixSettings, matrix
from stead.clocks import SystemClock
from stead.domain.delivery import Attachment
from stead.domain.errors import PermanentError, TemporaryError
from stead.domain.inbound import Sender
from stead.ports import Channel
from stead.testing.channel_conformance import Fault, a_message, delivery
from stead.testing.receiver import Answer
from stead.testing.two_way_conformance import ANN, ROBOT, Ears, TwoWayConformance, TwoWayRig, listening, until


@pytest.fixture(scope="module")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Homeserver(tmp_path_factory.mktemp("synapse"), port)
    yield server
    server.stop()


class MatrixRig(TwoWayRig):
    limit = 5000
    tells = frozenset(Fault)
    redelivers = True
    toasts = False

    def __init__(self, homeserver: Homeserver, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = gate
        self.bot = homeserver.register("stead", "stead")
        self.people = {ANN.id: homeserver.register("ann", "Ann"), ROBOT.id: homeserver.register("robot", "another agent")}
        self.homeserver = homeserver
        self.home = self.people[ANN.id].makes_room(self.bot, self.people[ROBOT.id])
        self.direct: dict[str, str] = {}
        monkeypatch.setenv("MATRIX_TOKEN", self.bot.token)
        self.channel: Channel = self.opened()

    def was_here_before(self) -> None:
        """Stead has heard all until now, so that nothing counts as old."""
        token = self.bot.call("GET", "/_matrix/client/v3/sync?timeout=0")["next_batch"]
        path = f"/_matrix/client/v3/user/{quote(self.bot.id, safe='')}/account_data/io.stead.since"
        self.bot.call("PUT", path, {"token": token})

    def opened(self, room: str = "") -> Matrix:
        given = {"server": self.gate.address, "token": "env:MATRIX_TOKEN", "room": room or self.home}
        channel = matrix.open("ops", MatrixSettings.model_validate(given), SystemClock())
        assert isinstance(channel, Matrix)
        return channel

    def account(self, person: Sender) -> Account:
        return self.people.setdefault(person.id, self.people.get(person.id) or self.homeserver.register(person.name.lower(), person.name))

    def known(self, person: Sender) -> str:
        return self.account(person).id

    def events(self) -> list[dict[str, Any]]:
        """Whatever the bot sent, in each of its rooms."""
        seen = [event for room in (self.home, *self.direct.values()) for event in self.bot.sees(room)]
        return [event for event in seen if event["sender"] == self.bot.id and event["content"].get("msgtype")]

    def shown(self) -> Sequence[str]:
        texts = [event["content"].get("m.new_content", event["content"]) for event in self.events()]
        return [text["body"] for text in texts if text["msgtype"] in ("m.text", "m.notice")]

    def files(self) -> Sequence[Attachment]:
        kept = [event["content"] for event in self.events() if "url" in event["content"]]
        return [Attachment(name=c["filename"], media_type=c["info"]["mimetype"], data=self._download(c["url"])) for c in kept]

    def _download(self, address: str) -> bytes:
        found = self.people[ANN.id].call("GET", f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}")
        return found if isinstance(found, bytes) else b""

    def answers(self) -> Sequence[str]:
        return [e["content"]["body"] for e in self.events() if "m.in_reply_to" in e["content"].get("m.relates_to", {})]

    def fail(self, fault: Fault) -> None:
        busy = Answer(429, {"Retry-After": "7"}, b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 7000}')
        gone = Answer(403, body=b'{"errcode": "M_FORBIDDEN", "error": "not in the room"}')
        # The client tries what may be tried twice a second time by itself.
        cut = [Answer(cut=True), Answer(cut=True)]
        self.gate.script.extend({Fault.BUSY: [busy], Fault.GONE: [gone], Fault.CUT: cut}[fault])

    async def writes(
        self, text: str, *, by: Sender = ANN, under: str = "", files: Sequence[Attachment] = (), group: bool = False, meant: bool = False
    ) -> None:
        who = self.account(by)
        room = self.home if group or under else self.direct.setdefault(by.id, self.direct.get(by.id) or who.makes_room(self.bot))
        content: dict[str, Any] = {"msgtype": "m.notice" if by.bot else "m.text", "body": text}
        if meant:
            content = {**content, "body": f"stead: {text}", "m.mentions": {"user_ids": [self.bot.id]}}
        for file in files:
            url = who.call("POST", f"/_matrix/media/v3/upload?filename={file.name}", data=file.data)["content_uri"]
            content = {"msgtype": "m.file", "body": text, "filename": file.name, "url": url, "info": {"mimetype": file.media_type}}
        if under:
            room, _, event = under.split()[-1].partition("/")
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": event}}
        who.sends(room, content)

    async def presses(self, remote: str, decision: str, *, by: Sender = ANN) -> None:
        room, _, event = remote.split()[-1].partition("/")
        path = f"/_matrix/client/v1/rooms/{quote(room, safe='')}/relations/{quote(event, safe='')}/m.annotation/m.reaction"
        offered = [e["content"]["m.relates_to"]["key"] for e in self.bot.call("GET", path)["chunk"] if e["sender"] == self.bot.id]
        key = {"approve": "\N{WHITE HEAVY CHECK MARK}", "deny": "\N{NO ENTRY}"}[decision]
        if key not in offered:
            raise LookupError(decision)
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key + "\N{VARIATION SELECTOR-16}"}
        self.account(by).sends(room, {"m.relates_to": relation}, "m.reaction")

    async def cut(self) -> None:
        self.gate.cut()

    async def reopened(self) -> Channel:
        await self.channel.close()
        self.channel = self.opened()
        return self.channel


@pytest.fixture
async def rig(homeserver: Homeserver, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MatrixRig]:
    async with Gate(homeserver.port) as gate:
        made = MatrixRig(homeserver, gate, monkeypatch)
        made.was_here_before()
        yield made


class TestMatrix(TwoWayConformance):
    pass


async def test_a_message_whose_answer_got_lost_is_not_sent_twice(rig: MatrixRig) -> None:
    rig.fail(Fault.CUT)
    with pytest.raises(TemporaryError):
        await rig.channel.send(delivery())
    await rig.channel.send(delivery())
    assert len(rig.events()) == 1


async def test_a_message_that_somebody_deleted_is_sent_anew(rig: MatrixRig) -> None:
    remote = await rig.channel.send(delivery())
    room, _, event = remote.partition("/")
    rig.bot.call("PUT", f"/_matrix/client/v3/rooms/{quote(room, safe='')}/redact/{quote(event, safe='')}/gone", {})
    moved = await rig.channel.send(delivery(2, replaces=remote))
    assert moved != remote
    assert "m.new_content" not in rig.events()[-1]["content"]
    assert await rig.channel.send(delivery(3, replaces=moved)) == moved


async def test_what_was_said_before_stead_first_came_is_passed_over(homeserver: Homeserver, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Gate(homeserver.port) as gate:
        fresh = MatrixRig(homeserver, gate, monkeypatch)
        await fresh.writes("long ago", group=True)
        ears = Ears()
        async with listening(fresh.channel, ears):
            path = f"/_matrix/client/v3/user/{quote(fresh.bot.id, safe='')}/account_data/io.stead.since"
            await until(lambda: known(fresh.bot, path), "it did not begin")
            await fresh.writes("now", group=True)
            await ears.hears()
    assert [h.text for h in ears.heard] == ["now"]


def known(bot: Account, path: str) -> bool:
    try:
        return bool(bot.call("GET", path))
    except RuntimeError:
        return False


async def test_an_encrypted_room_gets_no_word(rig: MatrixRig) -> None:
    room = rig.people[ANN.id].makes_room(rig.bot, encrypted=True)
    with pytest.raises(PermanentError, match="is encrypted, which Stead cannot do"):
        await rig.opened(room).send(delivery())
    assert not [event for event in rig.people[ANN.id].sees(room) if event["sender"] == rig.bot.id and event["type"] == "m.room.message"]


async def test_a_thread_under_a_message_is_about_it(rig: MatrixRig) -> None:
    remote = await rig.channel.send(delivery())
    room, _, event = remote.partition("/")
    ears = Ears("It is well.")
    async with listening(rig.channel, ears):
        relation = {"rel_type": "m.thread", "event_id": event, "is_falling_back": True, "m.in_reply_to": {"event_id": event}}
        rig.people[ANN.id].sends(room, {"msgtype": "m.text", "body": "why?", "m.relates_to": relation})
        heard = await ears.hears()
    assert heard.reply_to == remote
    assert heard.place.thread == event
    (told,) = [e for e in rig.events() if e["content"]["msgtype"] == "m.notice"]
    assert told["content"]["m.relates_to"]["rel_type"] == "m.thread"


async def test_more_than_one_sync_brings_is_heard_whole(rig: MatrixRig) -> None:
    ears = Ears()
    async with listening(rig.channel, ears):
        await rig.writes("first")
        await ears.hears()
    for number in range(25):
        await rig.writes(f"line {number}")
    async with listening(await rig.reopened(), ears):
        await ears.hears(26)
    assert [h.text for h in ears.heard] == ["first", *(f"line {number}" for number in range(25))]


async def test_a_reaction_to_what_others_said_is_nothing_to_stead(rig: MatrixRig) -> None:
    ears = Ears()
    ann = rig.people[ANN.id]
    async with listening(rig.channel, ears):
        said = ann.sends(rig.home, {"msgtype": "m.text", "body": "lunch?"})
        forged = {"rel_type": "m.annotation", "event_id": said, "key": "\N{WHITE HEAVY CHECK MARK}"}
        ann.sends(rig.home, {"m.relates_to": forged}, "m.reaction")
        await rig.writes("and now?")
        await ears.hears(2)
    assert [h.text for h in ears.heard] == ["lunch?", "and now?"]


async def test_two_questions_in_one_message_have_their_numbers_in_the_reactions(rig: MatrixRig) -> None:
    first, second = a_message().buttons
    other = a_message(buttons=(first, second, *(type(b)(label=b.label, approval=18, decision=b.decision) for b in (first, second))))
    remote = await rig.channel.send(delivery(message=other))
    room, _, event = remote.partition("/")
    path = f"/_matrix/client/v1/rooms/{quote(room, safe='')}/relations/{quote(event, safe='')}/m.annotation/m.reaction"
    keys = {e["content"]["m.relates_to"]["key"].partition(" ")[2] for e in rig.bot.call("GET", path)["chunk"]}
    assert keys == {"A-17", "A-18"}
