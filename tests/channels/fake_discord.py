"""Discord's wire on loopback, as its documentation has it: REST v10 and the gateway (https://discord.com/developers/docs).

Refused as there: a wrong token (401), more than 2,000 characters or a `custom_id` of more than 100 (50035), an empty message (50006), a
message that is gone (10008), a channel that is unknown (10003), an interaction answered twice (40060) or after three seconds (10062). The
gateway closes with 4004 on a wrong token and 4014 on an intent that was not switched on, and sends again what a resumed connection missed.
A nonce that is to be enforced makes a second message of it the first.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections import deque
from datetime import datetime
from typing import Any

from aiohttp import WSMsgType, web
from tests.channels.discord_objects import BOT, DIRECT, EVERYTHING, GUILD, HOME, channel, guild, member, now, numbered, snowflake, user

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.fake.token"


class FakeDiscord:
    """`async with FakeDiscord() as discord:` answers at `discord.api`. `script` holds the next replies to messages that are sent:
    (status, body, headers), or None for a connection that is cut after the message was made."""

    def __init__(self, *, denied_intents: int = 0) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[str, str, bytes]] = {}
        self.toasts: list[str] = []
        self.script: deque[tuple[int, dict[str, Any], dict[str, str]] | None] = deque()
        self.connections: list[Connection] = []
        self.sessions: dict[str, Connection] = {}
        self.resumed = 0
        self.denied_intents = denied_intents
        self.connected = asyncio.Event()
        self._nonces: dict[str, str] = {}
        self._presses: dict[str, dict[str, Any]] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    async def __aenter__(self) -> FakeDiscord:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        at = "/api/v10"
        app.router.add_get(at + "/users/@me", self._me)
        app.router.add_get(at + "/oauth2/applications/@me", self._application)
        app.router.add_get(at + "/gateway/bot", self._gateway_bot)
        app.router.add_post(at + "/channels/{channel}/messages", self._create)
        app.router.add_get(at + "/channels/{channel}", self._channel)
        app.router.add_get(at + "/channels/{channel}/messages", self._history)
        app.router.add_patch(at + "/channels/{channel}/messages/{message}", self._edit)
        app.router.add_delete(at + "/channels/{channel}/messages/{message}", self._delete)
        app.router.add_post(at + "/interactions/{id}/{token}/callback", self._callback)
        app.router.add_post(at + "/webhooks/{application}/{token}", self._follow_up)
        app.router.add_get("/files/{id}/{name}", self._file)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/gateway/", self._gateway)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    # --- what people do

    async def write(
        self, text: str, *, by: dict[str, Any], group: bool, under: str = "", files: tuple[tuple[str, str, bytes], ...] = ()
    ) -> None:
        place = HOME if group else DIRECT
        made = self._message(by, place, text, attachments=[self._keep(*file) for file in files])
        if under:
            of, _, message = under.partition(".")
            made["message_reference"] = {"message_id": message, "channel_id": of}
        if group:
            made = {**made, "guild_id": GUILD, "member": member()}
            made["mentions"] = [{**user(BOT, "stead", bot=True), "member": member()}] if f"<@{BOT}>" in text else []
        await self._emit("MESSAGE_CREATE", made)

    def missed(self, text: str, *, by: dict[str, Any], at: datetime) -> None:
        """Somebody wrote this in the home channel then, while nobody listened."""
        made = {**self._message(by, HOME, text, keep=False), "id": snowflake(at), "timestamp": at.isoformat()}
        self.messages[made["id"]] = made

    async def press(self, message: str, wanted: str, *, by: dict[str, Any]) -> None:
        """Press the button whose `custom_id` holds `wanted`. LookupError where there is none."""
        found = self.messages.get(message)
        buttons = [b for row in (found or {}).get("components", []) for b in row["components"]]
        button = next((b for b in buttons if f":{wanted}:" in b["custom_id"]), None)
        if found is None or button is None:
            raise LookupError(wanted)
        press = {"id": snowflake(), "token": "press" + snowflake(), "at": time.monotonic(), "answered": False}
        self._presses[press["id"]] = press
        event = {
            "id": press["id"],
            "application_id": BOT,
            "type": 3,
            "version": 1,
            "token": press["token"],
            "guild_id": GUILD,
            "channel_id": HOME,
            "channel": {**channel(HOME), "permissions": EVERYTHING},
            "guild": {"id": GUILD, "locale": "en-US", "features": []},
            "member": {**member(), "user": by},
            "message": found,
            "data": {"component_type": 2, "custom_id": button["custom_id"], "id": 2},
            "app_permissions": EVERYTHING,
            "locale": "en-US",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD},
            "context": 0,
            "attachment_size_limit": 10485760,
        }
        await self._emit("INTERACTION_CREATE", event)

    async def drop(self) -> None:
        """Break every connection; the session can be resumed."""
        for connection in list(self.connections):
            await connection.socket.close(code=4000)
        self.connected.clear()

    async def _emit(self, kind: str, data: dict[str, Any]) -> None:
        if not self.sessions:
            async with asyncio.timeout(30):
                await self.connected.wait()
        for connection in list(self.sessions.values()):
            await connection.dispatch(kind, data)

    # --- REST

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, status=401)
        return None

    async def _me(self, request: web.Request) -> web.Response:
        return self._refused(request) or _json({**user(BOT, "stead", bot=True), "flags": 0, "verified": True, "locale": "en-US"})

    async def _application(self, request: web.Request) -> web.Response:
        about = {"id": BOT, "name": "stead", "icon": None, "description": "", "bot_public": False, "bot_require_code_grant": False}
        more = {"verify_key": "00" * 32, "flags": 0, "owner": user("42", "owner"), "team": None, "summary": "", "rpc_origins": []}
        return self._refused(request) or _json({**about, **more})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
        about = {"url": f"ws://127.0.0.1:{self.port}/gateway", "shards": 1, "session_start_limit": limit}
        return self._refused(request) or _json(about)

    async def _create(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        body, files = await self._body(request)
        place = request.match_info["channel"]
        cut = False
        if self.script:
            if (reply := self.script.popleft()) is not None:
                return _json(reply[1], status=reply[0], headers=reply[2])
            cut = True
        if place not in (HOME, DIRECT):
            return _json({"message": "Unknown Channel", "code": 10003}, status=404)
        if wrong := _wrong(body, files):
            return wrong
        nonce = str(body.get("nonce", ""))
        if body.get("enforce_nonce") and nonce in self._nonces:
            return _json(self.messages[self._nonces[nonce]])
        made = self._message(user(BOT, "stead", bot=True), place, body.get("content") or "", body.get("components"), files)
        if reference := body.get("message_reference"):
            made["message_reference"] = {"channel_id": place, **reference}
        self._nonces[nonce] = made["id"]
        if cut and request.transport is not None:
            request.transport.abort()
        return _json(made)

    async def _channel(self, request: web.Request) -> web.Response:
        return self._refused(request) or _json(channel(request.match_info["channel"]))

    async def _history(self, request: web.Request) -> web.Response:
        """The newest first, whatever was asked for (https://discord.com/developers/docs/resources/message#get-channel-messages)."""
        if refused := self._refused(request):
            return refused
        after, most = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        here = [m for m in self.messages.values() if m["channel_id"] == request.match_info["channel"] and int(m["id"]) > after]
        oldest = sorted(here, key=lambda m: int(m["id"]))
        return _json([*reversed(oldest[:most] if after else oldest[-most:])])

    async def _edit(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        body, files = await self._body(request)
        found = self.messages.get(request.match_info["message"])
        if found is None:
            return _json({"message": "Unknown Message", "code": 10008}, status=404)
        if wrong := _wrong(body, files):
            return wrong
        found.update({key: body[key] for key in ("content", "components") if key in body}, edited_timestamp=now())
        if files:
            found["attachments"] = files
        return _json(found)

    async def _delete(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        if self.messages.pop(request.match_info["message"], None) is None:
            return _json({"message": "Unknown Message", "code": 10008}, status=404)
        return web.Response(status=204)

    async def _callback(self, request: web.Request) -> web.Response:
        press = self._presses.get(request.match_info["id"])
        if press is None or press["token"] != request.match_info["token"] or time.monotonic() - press["at"] > 3:
            return _json({"message": "Unknown interaction", "code": 10062}, status=404)
        if press["answered"]:
            return _json({"message": "Interaction has already been acknowledged.", "code": 40060}, status=400)
        press["answered"] = True
        body, _ = await self._body(request)
        if body["type"] == 4:
            self.toasts.append(body["data"].get("content", ""))
        if request.query.get("with_response"):
            about = {"id": press["id"], "type": 3, "response_message_id": snowflake(), "response_message_loading": body["type"] == 5}
            more = {"response_message_ephemeral": True, "channel_id": HOME, "guild_id": GUILD}
            message = self._message(user(BOT, "stead", bot=True), HOME, body.get("data", {}).get("content", ""), keep=False)
            return _json({"interaction": {**about, **more}, "resource": {"type": body["type"], "message": message}})
        return web.Response(status=204)

    async def _follow_up(self, request: web.Request) -> web.Response:
        body, _ = await self._body(request)
        self.toasts.append(body.get("content", ""))
        return _json(self._message(user(BOT, "stead", bot=True), HOME, body.get("content", ""), keep=False))

    async def _file(self, request: web.Request) -> web.Response:
        name, media_type, data = self.files[request.match_info["id"]]
        del name
        return web.Response(body=data, content_type=media_type)

    async def _body(self, request: web.Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        if not (request.content_type or "").startswith("multipart/"):
            return await request.json(), []
        form = await request.post()
        files = [self._keep(f.filename, f.content_type, f.file.read()) for key, f in form.items() if key.startswith("files[")]  # type: ignore[union-attr]
        given = form["payload_json"]
        return json.loads(given if isinstance(given, (str, bytes, bytearray)) else given.file.read()), files

    def _keep(self, name: str, media_type: str, data: bytes) -> dict[str, Any]:
        number = snowflake()
        self.files[number] = (name, media_type, data)
        url = f"http://127.0.0.1:{self.port}/files/{number}/{name}"
        return {"id": number, "filename": name, "size": len(data), "url": url, "proxy_url": url, "content_type": media_type}

    def _message(
        self,
        author: dict[str, Any],
        place: str,
        content: str,
        components: list[dict[str, Any]] | None = None,
        attachments: list[dict[str, Any]] | None = None,
        *,
        keep: bool = True,
    ) -> dict[str, Any]:
        made = {
            "id": snowflake(),
            "channel_id": place,
            "author": author,
            "content": content,
            "timestamp": now(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": attachments or [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
            "components": numbered(components or []),
        }
        if keep:
            self.messages[made["id"]] = made
        return made

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await Connection(self, socket, zipped=request.query.get("compress") == "zlib-stream").run()
        return socket


class Connection:
    """One connection to the gateway; a resumed one takes over the session, and what it has missed."""

    def __init__(self, discord: FakeDiscord, socket: web.WebSocketResponse, *, zipped: bool) -> None:
        self.discord = discord
        self.socket = socket
        self._deflate = zlib.compressobj() if zipped else None
        self._log: list[dict[str, Any]] = []
        self._session = ""

    async def dispatch(self, kind: str, data: dict[str, Any]) -> None:
        event = {"op": 0, "t": kind, "s": len(self._log) + 1, "d": data}
        self._log.append(event)
        if not self.socket.closed:
            await self._send(event)

    async def _send(self, data: dict[str, Any]) -> None:
        text = json.dumps(data)
        if self._deflate is None:
            await self.socket.send_str(text)
        else:
            await self.socket.send_bytes(self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH))

    async def run(self) -> None:
        await self._send({"op": 10, "d": {"heartbeat_interval": 41250}, "s": None, "t": None})
        self.discord.connections.append(self)
        try:
            async for message in self.socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._heard(json.loads(message.data))
        finally:
            self.discord.connections.remove(self)
            if self.socket.close_code in (1000, 1001) and self.discord.sessions.get(self._session) is self:
                # Who leaves in good order gives up the session.
                del self.discord.sessions[self._session]
                self.discord.connected.clear()

    async def _heard(self, given: dict[str, Any]) -> None:
        op, data = given["op"], given["d"]
        if op == 1:
            await self._send({"op": 11, "d": None, "s": None, "t": None})
        elif op == 2:
            await self._identify(data)
        elif op == 6:
            await self._resume(data)

    async def _identify(self, data: dict[str, Any]) -> None:
        if data["token"] != TOKEN:
            await self.socket.close(code=4004)
            return
        if data["intents"] & self.discord.denied_intents:
            await self.socket.close(code=4014)
            return
        self._session = "session" + snowflake()
        # One bot, one session: an older one of a Stead that ended hears nothing more.
        self.discord.sessions = {self._session: self}
        guilds = [{"id": GUILD, "unavailable": True}]
        about = {"v": 10, "user": user(BOT, "stead", bot=True), "guilds": guilds, "session_id": self._session}
        url = f"ws://127.0.0.1:{self.discord.port}/gateway"
        more = {
            "resume_gateway_url": url,
            "application": {"id": BOT, "flags": 0},
            "private_channels": [],
            "relationships": [],
            "shard": [0, 1],
        }
        await self.dispatch("READY", {**about, **more})
        await self.dispatch("GUILD_CREATE", guild())
        self.discord.connected.set()

    async def _resume(self, data: dict[str, Any]) -> None:
        old = self.discord.sessions.get(data["session_id"])
        if old is None:
            await self._send({"op": 9, "d": False, "s": None, "t": None})
            return
        self._session, self._log = old._session, old._log
        self.discord.sessions[self._session] = self
        self.discord.resumed += 1
        for event in [event for event in self._log if event["s"] > data["seq"]]:
            await self._send(event)
        await self.dispatch("RESUMED", {})
        self.discord.connected.set()


def _json(data: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Without a charset, as Discord answers, and as one of its clients wants it."""
    return web.Response(body=json.dumps(data).encode(), status=status, headers=headers, content_type="application/json")


def _wrong(body: dict[str, Any], files: list[dict[str, Any]]) -> web.Response | None:
    components = [b for row in body.get("components") or [] for b in row["components"]]
    too_long = len(body.get("content") or "") > 2000 or any(len(b["custom_id"]) > 100 or len(b["label"]) > 80 for b in components)
    crowded = any(len(row["components"]) > 5 for row in body.get("components") or []) or len(body.get("components") or []) > 5
    if too_long or crowded or len(str(body.get("nonce", ""))) > 25:
        return _json({"message": "Invalid Form Body", "code": 50035}, status=400)
    if not (body.get("content") or components or files):
        return _json({"message": "Cannot send an empty message", "code": 50006}, status=400)
    return None
