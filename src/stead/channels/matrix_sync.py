"""What people do in Matrix rooms, by the server's sync (https://spec.matrix.org/latest/client-server-api/#syncing).

How far Stead has heard is kept in its account on the server: what was sent while it was away is heard when it comes back, and a first
sync, which would replay old rooms, is passed over.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from urllib.parse import quote

from stead.channels.matrix_page import OURS
from stead.channels.matrix_server import Server
from stead.domain.delivery import Attachment, Place
from stead.domain.inbound import Inbound, InboundKind, Sender, press_of
from stead.ports import Take

_CLIENT = "/_matrix/client/v3"
_WAIT = 30
"""Seconds that the server keeps a sync open while nothing happens."""
_SINCE = "io.stead.since"
_PAGE, _MOST_PAGES = 100, 10
"""Events of a gap that are read at once, and how often: of a room in which more was said meanwhile the oldest is not heard."""
_VARIATION = "\N{VARIATION SELECTOR-16}"
_FILES = ("m.file", "m.image", "m.audio", "m.video")


class Answering(Protocol):
    """The channel as far as listening needs it."""

    name: str

    async def answer(self, place: Place, text: str, key: str) -> None:
        """Say this under the message at `place`; `key` is the same for a second try."""
        ...


async def listen(channel: Answering, server: Server, take: Take) -> None:
    """Hand what people write and which reactions they give to `take`, one after the other, until cancelled."""
    me = await server.me()
    kept = f"{_CLIENT}/user/{quote(me, safe='')}/account_data/{_SINCE}"
    since = str((await server.call("GET", kept, missing_is_none=True)).get("token", ""))
    if not since:
        since = str((await _sync(server, me, "", 0))["next_batch"])
        await server.call("PUT", kept, {"token": since})
    while True:
        found = await _sync(server, me, since, _WAIT)
        rooms: Mapping[str, Any] = found.get("rooms", {})
        for room in rooms.get("invite", {}):
            await server.join(room)
        heard = [(room, event) for room, news in rooms.get("join", {}).items() for event in await _events(server, room, news, since, me)]
        since = str(found["next_batch"])
        if heard:
            await _to_its_end(_hand_all_on(channel, server, me, heard, take, kept, since))


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """What was begun is finished even when the listening is cancelled: else it would come again."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _hand_all_on(
    channel: Answering, server: Server, me: str, heard: Sequence[tuple[str, Mapping[str, Any]]], take: Take, kept: str, since: str
) -> None:
    for room, event in sorted(heard, key=lambda one: one[1].get("origin_server_ts", 0)):
        await _hand_on(channel, server, me, room, event, take)
    await server.call("PUT", kept, {"token": since})


async def _sync(server: Server, me: str, since: str, wait: int) -> dict[str, Any]:
    nothing: dict[str, Any] = {"types": []}
    wanted = {
        "presence": nothing,
        "account_data": nothing,
        "room": {"ephemeral": nothing, "account_data": nothing, "state": nothing, "timeline": {**_wanted(me), "limit": 20}},
    }
    query = f"?timeout={wait * 1000}&filter={quote(json.dumps(wanted), safe='')}" + (f"&since={quote(since, safe='')}" if since else "")
    return await server.call("GET", f"{_CLIENT}/sync{query}", timeout=wait + 30)


def _wanted(me: str) -> dict[str, Any]:
    return {"types": ["m.room.message", "m.reaction"], "not_senders": [me]}


async def _events(server: Server, room: str, news: Mapping[str, Any], since: str, me: str) -> Sequence[Mapping[str, Any]]:
    """What was said in a room since then, the oldest first, also where that was more than one sync brings."""
    timeline: Mapping[str, Any] = news.get("timeline", {})
    events: list[Mapping[str, Any]] = list(timeline.get("events", []))
    at = str(timeline.get("prev_batch", "")) if timeline.get("limited") else ""
    for _ in range(_MOST_PAGES):
        if not at:
            break
        wanted = quote(json.dumps(_wanted(me)), safe="")
        query = f"?dir=b&from={quote(at, safe='')}&to={quote(since, safe='')}&limit={_PAGE}&filter={wanted}"
        page = await server.call("GET", f"{_CLIENT}/rooms/{quote(room, safe='')}/messages{query}")
        events[:0] = reversed(page.get("chunk", []))
        at = str(page.get("end", "")) if page.get("chunk") else ""
    return events


async def _hand_on(channel: Answering, server: Server, me: str, room: str, event: Mapping[str, Any], take: Take) -> None:
    inbound = await (_reaction if event.get("type") == "m.reaction" else _message)(channel.name, server, me, room, event)
    if inbound is not None and (said := await take(inbound)):
        await channel.answer(inbound.place, said, f"stead-answer-{inbound.id[-40:]}")


async def _reaction(name: str, server: Server, me: str, room: str, event: Mapping[str, Any]) -> Inbound | None:
    """The press of a button: what the reaction stands for is read from Stead's own message, in its latest form."""
    relation = _relation(event)
    about, key = str(relation.get("event_id", "")), str(relation.get("key", "")).replace(_VARIATION, "")
    target = await server.event(room, about) if about else {}
    if target.get("sender") != me:
        return None
    latest = target.get("unsigned", {}).get("m.relations", {}).get("m.replace", {}).get("content", {}).get("m.new_content")
    buttons: Any = (latest or target.get("content", {})).get(OURS, {}).get("buttons", {})
    press = press_of(str(buttons.get(key, "")))
    if press is None:
        return None
    return Inbound(
        channel=name,
        id=str(event["event_id"]),
        kind=InboundKind.REACTION,
        sender=Sender(id=str(event["sender"]), name=(await server.members(room)).get(str(event["sender"]), "")),
        place=Place(chat=room, message=about),
        at=_at(event),
        reply_to=f"{room}/{about}",
        press=press,
        addressed=True,
    )


async def _message(name: str, server: Server, me: str, room: str, event: Mapping[str, Any]) -> Inbound | None:
    content: Any = event.get("content", {})
    relation = _relation(event)
    if not content.get("msgtype") or relation.get("rel_type") == "m.replace":
        # Deleted, or the edit of something that was heard already.
        return None
    members = await server.members(room)
    thread = str(relation.get("event_id", "")) if relation.get("rel_type") == "m.thread" else ""
    under = "" if relation.get("is_falling_back") else str(relation.get("m.in_reply_to", {}).get("event_id", ""))
    answered = under or thread
    sender = str(event["sender"])
    return Inbound(
        channel=name,
        id=str(event["event_id"]),
        kind=InboundKind.TEXT,
        sender=Sender(id=sender, name=members.get(sender, sender), bot=content["msgtype"] == "m.notice" or OURS in content),
        place=Place(chat=room, thread=thread, message=str(event["event_id"])),
        at=_at(event),
        text=_words(content, bool(under)),
        reply_to=f"{room}/{answered}" if answered else "",
        attachments=await _attached(server, content),
        direct=len(members) <= 2,
        addressed=me in content.get("m.mentions", {}).get("user_ids", []) or me in str(content.get("body", "")),
    )


def _relation(event: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Any = event.get("content", {})
    found: Any = content.get("m.relates_to", {})
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(event.get("origin_server_ts", 0)) / 1000, UTC)


def _words(content: Mapping[str, Any], answers: bool) -> str:
    """What was written: of a file its caption, and of an answer without the quotation that older clients put before it."""
    body = str(content.get("body", ""))
    if content["msgtype"] in _FILES:
        return body if content.get("filename", body) != body else ""
    if answers and body.startswith("> "):
        body = body.partition("\n\n")[2]
    return body.strip()


async def _attached(server: Server, content: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The picture or file; none where it cannot be had, or is too large."""
    if content["msgtype"] not in _FILES or not str(content.get("url", "")).startswith("mxc://"):
        return ()
    data = await server.download(str(content["url"]))
    name = str(content.get("filename") or content.get("body") or "file")
    media_type = str(content.get("info", {}).get("mimetype") or "application/octet-stream")
    return (Attachment(name=name, media_type=media_type, data=data),) if data else ()
