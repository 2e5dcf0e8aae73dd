"""Two-way messages in a Matrix room: reactions as buttons, threads, pictures and files. In rooms without encryption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from stead.channels.matrix_page import LIMIT, content, size
from stead.channels.matrix_server import Server
from stead.channels.pieces import Look, Piece, parts, pieces
from stead.declare import ChannelKind
from stead.domain.delivery import Attachment, Capabilities, Delivery, Message, Place
from stead.domain.errors import PermanentError
from stead.domain.inbound import payload
from stead.ports import Clock, Take
from stead.secrets import SecretRef

KEYS = {"approve": "\N{WHITE HEAVY CHECK MARK}", "deny": "\N{NO ENTRY}"}
"""The reaction that stands for each answer."""
_PRESS = f"Tap {KEYS['approve']} or {KEYS['deny']}"


class MatrixSettings(BaseModel):
    """`server` the homeserver · `token` the bot's access token, by reference · `room`: `!id:example.com` or `#alias:example.com`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    server: str = Field(pattern=r"^https?://[^\s/]+(/\S*)?$")
    token: SecretRef
    room: str = Field(pattern=r"^[!#]\S{1,254}$")


class Matrix:
    """One bot in its rooms. Each event goes under a transaction id of its delivery, by which the server knows a second try."""

    capabilities = Capabilities(edit=True, thread=True, buttons=True, pictures=True, files=True)

    def __init__(self, name: str, server: Server, home: str) -> None:
        self.name = name
        self.server = server
        self._home = home
        self._rooms: dict[str, str] = {}
        self._closed = False

    async def send(self, delivery: Delivery) -> str:
        """Send, or edit what `delivery.replaces` names; return the ids of all parts, each `ROOM/EVENT`.

        A part that somebody deleted is sent anew.
        """
        if self._closed:
            raise PermanentError(f"channel `{self.name}` is closed")
        message, before = delivery.message, delivery.replaces.split()
        room = before[0].partition("/")[0] if before else await self._open(delivery.place.chat if delivery.place else self._home)
        key = f"stead-{delivery.id}-{int(delivery.created_at.timestamp() * 1000)}"
        made = parts(pieces(message, press=_PRESS, signed=True), LIMIT, size) or [[Piece(Look.TEXT, " ")]]
        sent: list[str] = []
        for number, part in enumerate(made):
            keys = keys_of(message) if number == len(made) - 1 else {}
            body = content(part, keys)
            event = before[number].partition("/")[2] if number < len(before) else ""
            if event and not await self.server.is_gone(room, event):
                await self.server.put_event(room, _edit(body, event), f"{key}-{number}")
            else:
                event = await self.server.put_event(room, _placed(body, delivery.place if number == 0 else None), f"{key}-{number}")
            await self._offer(room, event, keys, f"{key}-{number}")
            sent.append(f"{room}/{event}")
        for left in before[len(made) :]:
            await self.server.redact(room, left.partition("/")[2], f"{key}-{left[-16:]}")
        if not before:
            await self._attach(room, message.attachments, key, delivery.place)
        return " ".join(sent)

    async def listen(self, take: Take) -> None:
        from stead.channels.matrix_sync import listen

        await listen(self, self.server, take)

    async def answer(self, place: Place, text: str, key: str) -> None:
        """Say `text` under the message at `place`, as a notice: other bots do not answer those."""
        for number, part in enumerate(parts([Piece(Look.TEXT, text)], LIMIT, size)):
            body = {**content(part, {}), "msgtype": "m.notice"}
            await self.server.put_event(place.chat, _placed(body, place), f"{key}-{number}")

    async def close(self) -> None:
        self._closed = True

    async def _open(self, room: str) -> str:
        """The room's id. PermanentError for one that is encrypted: what Stead wrote there would lie open."""
        if room not in self._rooms:
            found = await self.server.resolve(room) if room.startswith("#") else room
            if await self.server.is_encrypted(found):
                raise PermanentError(
                    f"channel `{self.name}`: the room {room} is encrypted, which Stead cannot do; give it a room that is not"
                )
            self._rooms[room] = found
        return self._rooms[room]

    async def _offer(self, room: str, event: str, keys: dict[str, str], txn: str) -> None:
        """Have exactly these reactions of Stead's own under the message, for people to tap."""
        mine = await self.server.own_reactions(room, event)
        for key, reaction in mine.items():
            if key not in keys:
                await self.server.redact(room, reaction, f"{txn}-{reaction[-16:]}")
        for number, key in enumerate(keys):
            if key not in mine:
                await self.server.react(room, event, key, f"{txn}-key-{number}")

    async def _attach(self, room: str, attachments: Sequence[Attachment], key: str, place: Place | None) -> None:
        for number, file in enumerate(attachments):
            url = await self.server.upload(file)
            body = {
                "msgtype": "m.image" if file.picture else "m.file",
                "body": file.name,
                "filename": file.name,
                "url": url,
                "info": {"mimetype": file.media_type, "size": len(file.data)},
            }
            await self.server.put_event(room, _placed(body, place), f"{key}-file-{number}")


def keys_of(message: Message) -> dict[str, str]:
    """The reaction of each button, with what it stands for. Several questions in one message have their numbers in the reactions."""
    if message.resolved:
        return {}
    several = len({button.approval for button in message.buttons}) > 1
    return {KEYS[b.decision] + (f" A-{b.approval}" if several else ""): payload(b) for b in message.buttons if b.decision in KEYS}


def _edit(body: dict[str, Any], event: str) -> dict[str, Any]:
    """https://spec.matrix.org/latest/client-server-api/#event-replacements"""
    return {
        **body,
        "body": f"* {body['body']}",
        "m.new_content": body,
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def _placed(body: dict[str, Any], place: Place | None) -> dict[str, Any]:
    """Under the message that it answers, in its thread."""
    if place is None or not (place.thread or place.message):
        return body
    under = {"m.in_reply_to": {"event_id": place.message or place.thread}}
    if place.thread:
        return {**body, "m.relates_to": {"rel_type": "m.thread", "event_id": place.thread, "is_falling_back": not place.message, **under}}
    return {**body, "m.relates_to": under}


def _open(name: str, settings: MatrixSettings, clock: Clock) -> Matrix:
    server = Server(name, settings.server.rstrip("/"), settings.token.resolve(), clock)
    return Matrix(name, server, settings.room)


matrix = ChannelKind(kind="matrix", settings=MatrixSettings, open=_open, page=(__doc__ or "").strip())
