"""What people do in Discord, by its gateway (https://discord.com/developers/docs/events/gateway), through the discord.py library.

The library keeps the connection, and takes it up again where it broke. What is written while Stead is not connected is not sent again:
that of the home channel is read once it is. What is pressed meanwhile fails there and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from stead.domain.delivery import Attachment, Place
from stead.domain.errors import PermanentError, StorageError, TemporaryError, UserError
from stead.domain.inbound import Inbound, InboundKind, Sender, press_of
from stead.ports import Take

log = structlog.get_logger("stead.channels.discord")

MOST_FILES, MOST_BYTES = 10, 8 * 1024 * 1024
"""Of one message: more, and larger, are not taken in."""
_PATIENCE = 2.0
"""Seconds: a press that is not acknowledged within 3 counts as failed, and can then not be answered any more."""
_AGAIN = 0.2
"""Seconds after which a connection that does not end is told so once more."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
"""Seconds between two tries to keep what was written."""
_EPHEMERAL = True

MOST_MISSED = 1000
"""Messages that were written meanwhile and are read."""


@dataclass(slots=True)
class Heard:
    """How far the channel `home` has been heard: `until` when, then up to which message. None, 0: from now on.

    `again` are those that were read, and may come by the gateway as well.
    """

    home: int
    until: datetime | None = None
    last: int = 0
    again: set[int] = field(default_factory=set[int])


Event = Callable[[], Awaitable[None]]
"""One thing that somebody did, to be handed on in its turn."""


class Answering(Protocol):
    """The channel as far as listening needs it."""

    name: str

    async def answer(self, place: Place, text: str) -> None:
        """Say this under the message at `place`."""
        ...


async def listen(channel: Answering, token: str, api: str, take: Take, heard: Heard) -> None:
    """Hand what people write and press to `take`, one after the other, until cancelled; `api` is "" for Discord's own."""
    events: asyncio.Queue[Event] = asyncio.Queue()
    client = _client(channel, api, take, events, heard)
    connection = asyncio.create_task(client.start(token), name=f"discord {channel.name}")
    try:
        while True:
            await _kept(await _next(events, connection, channel.name), channel.name)
    finally:
        await _to_the_end(_leave(client, connection))


async def _kept(event: Event, name: str) -> None:
    """Try until it is kept, and stay connected: Discord says nothing twice, and what is written meanwhile waits in its turn."""
    wait = _FIRST_WAIT
    while True:
        try:
            return await event()
        except StorageError as error:
            log.warning("what somebody wrote cannot be kept, and is tried again", channel=name, why=error.what, seconds=wait)
        await asyncio.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT)


async def _to_the_end(leaving: Coroutine[Any, Any, None]) -> None:
    """Not broken off by a second cancellation, which would leave threads and sockets behind; that one counts afterwards."""
    task = asyncio.ensure_future(leaving)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()


async def _leave(client: Any, connection: asyncio.Task[None]) -> None:
    await _end(connection)
    await _close(client)


async def _end(connection: asyncio.Task[None]) -> None:
    """Cancel it until it has ended: the library waits by `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes
    just when it is connected (https://github.com/python/cpython/issues/86296)."""
    while not connection.done():
        connection.cancel()
        await asyncio.wait((connection,), timeout=_AGAIN)
    await asyncio.gather(connection, return_exceptions=True)


async def _close(client: Any) -> None:
    """Leave, and end sockets, and the threads that keep them alive: of a connection that was only being made, the library forgets them."""
    from discord.gateway import KeepAliveHandler

    state = client._connection
    hearts = [t for t in threading.enumerate() if isinstance(t, KeepAliveHandler) and getattr(t.ws, "_connection", None) is state]
    for socket in client.sockets:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await socket.close(code=1000)  # in good order: the session is given up
    await client.close()
    for heart in hearts:
        heart.stop()
        await asyncio.to_thread(heart.join, _PATIENCE)


async def _next(events: asyncio.Queue[Event], connection: asyncio.Task[None], name: str) -> Event:
    waiting = asyncio.ensure_future(events.get())
    try:
        await asyncio.wait((waiting, connection), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise _why_ended(connection, name) from (None if connection.cancelled() else connection.exception())
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


def _why_ended(connection: asyncio.Task[None], name: str) -> TemporaryError | PermanentError:
    import discord

    error = None if connection.cancelled() else connection.exception()
    if isinstance(error, discord.LoginFailure):
        return PermanentError(f"channel `{name}`: Discord does not know the bot's token")
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return PermanentError(f"channel `{name}`: switch on the bot's Message Content Intent in Discord's developer portal")
    if isinstance(error, discord.ConnectionClosed) and error.code in (4004, 4013, 4014):
        return PermanentError(f"channel `{name}`: Discord closed the connection for good ({error.code})")
    return TemporaryError(f"channel `{name}`: the connection to Discord ended ({type(error).__name__ if error else 'closed'})")


def _client(channel: Answering, api: str, take: Take, events: asyncio.Queue[Event], heard: Heard) -> Any:
    discord = library(channel.name)
    if api:
        _point_at(api)
    intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)

    class Client(discord.Client):
        async def on_ready(self) -> None:
            events.put_nowait(lambda: _catch_up(channel, self, take, heard))

        async def on_message(self, message: Any) -> None:
            if self.user is None or message.author.id != self.user.id:
                me = self.user.id if self.user else 0
                events.put_nowait(lambda: _came(channel, me, message, take, heard))

        async def on_interaction(self, interaction: Any) -> None:
            if interaction.type is discord.InteractionType.component:
                events.put_nowait(lambda: _pressed(channel.name, interaction, take))

    # Neither messages nor members are kept, and nothing waits for what is not: it would cost memory, and outlive a close.
    keep_none = discord.MemberCacheFlags.none()
    client = Client(
        intents=intents, max_messages=None, member_cache_flags=keep_none, chunk_guilds_at_startup=False, guild_ready_timeout=0.0
    )
    client.sockets = []
    connect = client.http.ws_connect

    async def remembered(*args: Any, **options: Any) -> Any:
        socket = await connect(*args, **options)
        client.sockets = [one for one in client.sockets if not one.closed] + [socket]
        return socket

    client.http.ws_connect = remembered
    return client


async def _catch_up(channel: Answering, client: Any, take: Take, heard: Heard) -> None:
    """Read what was written in the home channel while nobody listened. TemporaryError where that cannot be had now."""
    import aiohttp
    import discord

    if heard.until is not None and not heard.last:
        heard.last = discord.utils.time_snowflake(heard.until, high=True)
    if not heard.last:
        return
    try:
        home = client.get_channel(heard.home) or await client.fetch_channel(heard.home)
        missed = [each async for each in home.history(limit=MOST_MISSED, after=discord.Object(heard.last), oldest_first=True)]
    except (discord.Forbidden, discord.NotFound) as error:
        log.warning("what was written meanwhile cannot be read: the bot needs Read Message History", channel=channel.name, why=error.text)
        return
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        raise TemporaryError(f"channel `{channel.name}`: what was written meanwhile cannot be read ({type(error).__name__})") from error
    for message in missed:
        if message.author.id != client.user.id:
            # Without its answer: that is for strangers, who are not told hours later that nobody knows them.
            await _written(channel.name, client.user.id, message, take)
        heard.again.add(message.id)
        heard.last = max(heard.last, message.id)


async def _came(channel: Answering, me: int, message: Any, take: Take, heard: Heard) -> None:
    if message.id in heard.again:
        return
    place, said = await _written(channel.name, me, message, take)
    if message.channel.id == heard.home:
        heard.last = max(heard.last, message.id)
    if said:
        await channel.answer(place, said)


async def _written(name: str, me: int, message: Any, take: Take) -> tuple[Place, str]:
    """Where somebody wrote, and what Stead says to that."""
    inbound = Inbound(
        channel=name,
        id=str(message.id),
        kind=InboundKind.TEXT,
        sender=_sender(message.author),
        place=_place(message.channel, str(message.id)),
        at=message.created_at.astimezone(UTC),
        text=_text(message.content, me),
        reply_to=_answered(message),
        attachments=await _attached(name, message),
        direct=message.guild is None,
        addressed=me in message.raw_mentions,
    )
    return inbound.place, await take(inbound)


async def _pressed(name: str, interaction: Any, take: Take) -> None:
    data: Any = interaction.data
    press = press_of(str(data.get("custom_id", "")) if data else "")
    inbound = Inbound(
        channel=name,
        id=str(interaction.id),
        kind=InboundKind.BUTTON,
        sender=_sender(interaction.user),
        place=_place(interaction.channel, str(interaction.message.id)),
        at=interaction.created_at.astimezone(UTC),
        reply_to=f"{interaction.message.channel.id}.{interaction.message.id}",
        press=press,
        direct=interaction.guild_id is None,
        addressed=True,
    )
    taking = asyncio.ensure_future(take(inbound))
    try:
        await asyncio.wait((taking,), timeout=_PATIENCE)
        if not taking.done():
            await interaction.response.defer(ephemeral=_EPHEMERAL, thinking=True)
        said = await taking
    except StorageError as error:
        log.warning("what somebody pressed cannot be kept", channel=name, why=error.what)
        await _tell(interaction, "That could not be kept, so nothing was done: press again in a minute.")
        return
    finally:
        taking.cancel()
    await _tell(interaction, said or "Heard.")


async def _tell(interaction: Any, text: str) -> None:
    """Tell whoever pressed, and nobody else. What was pressed is kept already: that it cannot be told loses nothing."""
    import discord

    with contextlib.suppress(discord.HTTPException, OSError):
        if interaction.response.is_done():
            await interaction.followup.send(text[:2000], ephemeral=_EPHEMERAL)
        else:
            await interaction.response.send_message(text[:2000], ephemeral=_EPHEMERAL)


def _sender(user: Any) -> Sender:
    return Sender(id=str(user.id), name=str(user.display_name), bot=bool(user.bot))


def _place(channel: Any, message: str) -> Place:
    """A thread is a channel of its own, in its parent."""
    parent = getattr(channel, "parent_id", None)
    return Place(chat=str(parent or channel.id), thread=str(channel.id) if parent else "", message=message)


def _text(content: str, me: int) -> str:
    for mention in (f"<@{me}>", f"<@!{me}>"):
        content = content.replace(mention, "")
    return content.strip()


def _answered(message: Any) -> str:
    """The message that it answers; in a thread that was begun under a message that one, whose id is the thread's."""
    if message.reference is not None and message.reference.message_id:
        return f"{message.reference.channel_id}.{message.reference.message_id}"
    parent = getattr(message.channel, "parent_id", None)
    return f"{parent}.{message.channel.id}" if parent else ""


async def _attached(name: str, message: Any) -> tuple[Attachment, ...]:
    """Pictures and files, but what is too large or cannot be had: the words count without them."""
    import discord

    taken: list[Attachment] = []
    for file in message.attachments[:MOST_FILES]:
        if file.size > MOST_BYTES:
            log.warning("a file was left out, since it is too large", channel=name, bytes=file.size)
            continue
        try:
            data = await file.read()
        except (discord.HTTPException, OSError) as error:
            log.warning("a file was left out, since it could not be read", channel=name, error=type(error).__name__)
            continue
        media_type = (file.content_type or "application/octet-stream").partition(";")[0].strip()
        taken.append(Attachment(name=file.filename, media_type=media_type, data=data))
    return tuple(taken)


def library(name: str) -> Any:
    """discord.py, for the channel `name`. UserError where it is not installed."""
    with warnings.catch_warnings():
        # The library loads audioop, which Python has deprecated, for calls that Stead never makes.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import discord
        except ImportError as error:
            raise UserError(
                f"channel `{name}` needs the discord.py library, which is not installed", hint="pip install 'stead[discord]'"
            ) from error
    return discord


def _point_at(api: str) -> None:
    """Have the library, which knows one Discord in a process, speak to this one."""
    import yarl
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    Route.BASE = api
    at = yarl.URL(api)
    DiscordWebSocket.DEFAULT_GATEWAY = at.with_scheme("wss" if at.scheme == "https" else "ws").with_path("/gateway")
