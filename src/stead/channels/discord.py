"""Two-way messages in Discord, by a bot of yours: buttons, threads, pictures and files (`stead[discord]`)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from stead.channels.pieces import Look, Piece, Span, joined, parts, pieces, spans
from stead.channels.retry_after import seconds_to_wait
from stead.declare import ChannelKind
from stead.domain.delivery import Attachment, Capabilities, Delivery, Message, Place
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.inbound import payload
from stead.ports import Clock, Take
from stead.secrets import SecretRef

API = "https://discord.com/api/v10"
LIMIT = 2000
"""Characters of one message (https://discord.com/developers/docs/resources/message#create-message)."""
LOOKS_BACK = timedelta(days=1)
"""How old what was written while Stead was away may be to be heard: as long as Telegram keeps it."""
_UNKNOWN_MESSAGE = 10008
_SUPPRESS_EMBEDS = 1 << 2
_TIMEOUT = 30.0
_FENCE = "```"
_BROKEN = "`\N{WORD JOINER}`\N{WORD JOINER}`"
"""Three in a row within code would end the fence."""
_STYLES = {"approve": 3, "deny": 4}
"""Of a button: 3 green, 4 red, 2 grey (https://discord.com/developers/docs/components/reference#button)."""
_MARKS = re.compile(r"https?://\S+|[\\*_~`|\[\]<>#]")


class DiscordSettings(BaseModel):
    """`token` the bot's, by reference · `channel` the id of its home channel, or a reference to it · `api` where Discord answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretRef
    channel: str = Field(pattern=r"^(\d{15,21}|(env|file|cred):.+)$")
    api: str = Field(default=API, pattern=r"^https?://\S+$")


class Discord:
    """One bot. Messages leave by one request each, so that the outbox alone tries again; what people do comes in by the gateway."""

    capabilities = Capabilities(edit=True, thread=True, buttons=True, pictures=True, files=True)

    def __init__(self, name: str, token: str, home: str, api: str, clock: Clock) -> None:
        self.name = name
        self._token = token
        self._home = home
        self._api = api.rstrip("/")
        self._clock = clock
        self._closed = False
        self._heard_until: datetime | None = None

    async def send(self, delivery: Delivery) -> str:
        """Send, or edit what `delivery.replaces` names; return the ids of all parts, each `CHANNEL.MESSAGE`.

        A part that was sent before, and whose answer got lost, is recognised by its nonce. One that somebody deleted is sent anew.
        """
        if self._closed:
            raise PermanentError(f"channel `{self.name}` is closed")
        message, before = delivery.message, delivery.replaces.split()
        texts = contents(message)
        sent: list[str] = []
        for number, text in enumerate(texts):
            last = number == len(texts) - 1
            body: dict[str, Any] = {
                "content": text,
                "components": _rows(message) if last else [],
                "allowed_mentions": {"parse": []},
                "flags": _SUPPRESS_EMBEDS,
            }
            files = message.attachments if last else ()
            edited = number < len(before) and await self._edit(before[number], body, files)
            sent.append(before[number] if edited else await self._create(delivery, number, body, files))
        for left in before[len(texts) :]:
            await self._request("DELETE", f"/channels/{'/messages/'.join(left.split('.'))}", unknown_is_none=True)
        return " ".join(sent)

    async def listen(self, take: Take) -> None:
        from stead.channels.discord_gateway import Heard, listen  # brings the library, which only a listener needs

        heard = Heard(home=int(self._home), until=self._heard_until)
        await listen(self, self._token, self._api if self._api != API else "", take, heard)

    def go_on_after(self, at: datetime) -> None:
        """What was written in the home channel since then, but not more than a day ago, is read at the next `listen`."""
        self._heard_until = max(at, self._clock.now() - LOOKS_BACK)

    async def answer(self, place: Place, text: str) -> None:
        """Say `text` under the message at `place`, which no button and no edit follows."""
        for part in parts([Piece(Look.TEXT, text)], LIMIT, _size):
            body = _in_answer({"content": joined(part, shown)}, place)
            await self._request("POST", f"/channels/{place.thread or place.chat}/messages", body)

    async def close(self) -> None:
        self._closed = True

    async def _create(self, delivery: Delivery, number: int, body: dict[str, Any], files: Sequence[Attachment]) -> str:
        place = delivery.place
        channel = (place.thread or place.chat) if place else self._home
        # Of at most 25 characters; the same one again within minutes is the same message.
        nonce = f"{delivery.id}-{int(delivery.created_at.timestamp() * 1000)}-{number}"[-25:]
        given = {**body, "nonce": nonce, "enforce_nonce": True}
        if place and number == 0:
            given = _in_answer(given, place)
        made = await self._request("POST", f"/channels/{channel}/messages", given, files)
        return f"{made['channel_id']}.{made['id']}"

    async def _edit(self, remote: str, body: dict[str, Any], files: Sequence[Attachment]) -> bool:
        """Whether the message is still there to be edited."""
        channel, _, message = remote.partition(".")
        given = {key: value for key, value in body.items() if key != "flags"}
        return bool(await self._request("PATCH", f"/channels/{channel}/messages/{message}", given, files, unknown_is_none=True))

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None, files: Sequence[Attachment] = (), *, unknown_is_none: bool = False
    ) -> dict[str, Any]:
        """What Discord answers; {} for a message that it does not know any more, where that may be."""
        import aiohttp

        headers = {"Authorization": f"Bot {self._token}", "User-Agent": "DiscordBot (stead, 1)"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT)) as session,
                session.request(method, self._api + path, headers=headers, allow_redirects=False, **_payload(body, files)) as response,
            ):
                text = await response.text()
                return self._judge(response.status, response.headers.get("Retry-After", ""), text, unknown_is_none)
        except TimeoutError as error:
            raise TemporaryError(f"channel `{self.name}`: Discord did not answer within {_TIMEOUT:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise TemporaryError(f"channel `{self.name}`: Discord could not be reached ({type(error).__name__})") from error

    def _judge(self, status: int, retry_after: str, text: str, unknown_is_none: bool) -> dict[str, Any]:
        answer = _object(text)
        if 200 <= status < 300:
            return answer
        if status == 404 and unknown_is_none and answer.get("code") == _UNKNOWN_MESSAGE:
            return {}
        said = f"channel `{self.name}`: Discord answered {status}"
        if words := str(answer.get("message", ""))[:200]:
            said += f": {words}"
        if status == 429:
            wait = answer.get("retry_after")
            after = float(wait) if isinstance(wait, (int, float)) else seconds_to_wait(retry_after, self._clock.now())
            raise TemporaryError(said, retry_after=after)
        if status >= 500:
            raise TemporaryError(said)
        raise PermanentError(said)


def contents(message: Message) -> list[str]:
    """The message as Discord's Markdown, in parts of at most LIMIT characters."""
    return [joined(part, shown) for part in parts(pieces(message, signed=True), LIMIT, _size)] or ["\N{WORD JOINER}"]


def shown(piece: Piece) -> str:
    """The piece as Markdown."""
    if piece.look is Look.CODE:
        return f"{_FENCE}\n{piece.text.replace(_FENCE, _BROKEN)}\n{_FENCE}"
    if piece.look is Look.TEXT:
        return "".join(_marked(kind, words) for kind, words in spans(piece.text))
    return _marked(Span.BOLD, piece.text)


def _marked(kind: Span, words: str) -> str:
    if kind is Span.CODE:
        return f"`{words}`"
    return f"**{escape(words)}**" if kind is Span.BOLD else escape(words)


def _size(piece: Piece) -> int:
    return len(shown(piece))


def escape(text: str) -> str:
    """`text` as Discord shows it, without Markdown; addresses stay whole, and none brings a preview."""
    return _MARKS.sub(lambda found: found.group() if len(found.group()) > 1 else "\\" + found.group(), text)


def _rows(message: Message) -> list[dict[str, Any]]:
    """Buttons, at most five in each of five rows."""
    if message.resolved:
        return []
    made = [
        {"type": 2, "style": _STYLES.get(button.decision, 2), "label": button.label[:80], "custom_id": payload(button)}
        for button in message.buttons[:25]
    ]
    return [{"type": 1, "components": made[at : at + 5]} for at in range(0, len(made), 5)]


def _in_answer(body: dict[str, Any], place: Place) -> dict[str, Any]:
    if not place.message:
        return {"allowed_mentions": {"parse": []}, **body}
    under = {"message_id": place.message, "fail_if_not_exists": False}
    return {"allowed_mentions": {"parse": []}, **body, "message_reference": under}


def _payload(body: dict[str, Any] | None, files: Sequence[Attachment]) -> dict[str, Any]:
    """What the library is to send: JSON, or a form with the files beside it."""
    if body is None:
        return {}
    if not files:
        return {"json": body}
    import aiohttp

    form = aiohttp.FormData()
    named = [{"id": number, "filename": file.name} for number, file in enumerate(files)]
    form.add_field("payload_json", json.dumps({**body, "attachments": named}), content_type="application/json")
    for number, file in enumerate(files):
        form.add_field(f"files[{number}]", file.data, filename=file.name, content_type=file.media_type)
    return {"data": form}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _open(name: str, settings: DiscordSettings, clock: Clock) -> Discord:
    home = settings.channel if settings.channel.isdecimal() else SecretRef(settings.channel).resolve()
    if not home.isdecimal():
        raise UserError(f"channel `{name}`: `{settings.channel}` does not hold the id of a channel", hint="right-click it: Copy Channel ID")
    return Discord(name, settings.token.resolve(), home, settings.api, clock)


discord = ChannelKind(kind="discord", settings=DiscordSettings, open=_open, page=(__doc__ or "").strip())
