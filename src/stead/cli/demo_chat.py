"""The demo's chat: a webhook receiver that checks who sends, and shows what a person would read."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from stead.cli.story import Story


class Chat:
    """Listens on loopback. `url` is where messages go, `secret` what they are signed with; `kept` holds each as it is now, by id."""

    SECRET_VARIABLE = "STEAD_DEMO_CHAT_SECRET"

    def __init__(self, story: Story) -> None:
        self.story = story
        self.secret = secrets.token_hex(16)
        self.url = ""
        self.busy = False
        self.kept: dict[str, dict[str, Any]] = {}
        self._runner: web.AppRunner | None = None

    @classmethod
    async def open(cls, story: Story) -> Chat:
        chat = cls(story)
        application = web.Application()
        application.router.add_post("/messages", chat.receive)
        chat._runner = web.AppRunner(application, access_log=None)
        await chat._runner.setup()
        site = web.TCPSite(chat._runner, "127.0.0.1", 0)
        await site.start()
        host, port = chat._runner.addresses[0][:2]
        chat.url = f"http://{host}:{port}/messages"
        return chat

    async def receive(self, request: web.Request) -> web.Response:
        """Take one message; 401 when it is not signed by the one who knows the secret."""
        self.busy = True
        try:
            payload = await request.read()
            signed = hmac.new(self.secret.encode(), request.headers["X-Stead-Timestamp"].encode() + b"." + payload, hashlib.sha256)
            given = request.headers["X-Stead-Signature"].removeprefix("sha256=")
            if not hmac.compare_digest(signed.hexdigest().encode(), given.encode()):
                return web.json_response({"error": "who are you?"}, status=401)
            at = datetime.fromtimestamp(int(request.headers["X-Stead-Timestamp"]), UTC)
            return web.json_response({"id": self._keep(await request.json(), at)})
        finally:
            self.busy = False

    def _keep(self, sent: dict[str, Any], at: datetime) -> str:
        remote_id = sent["replaces"] or f"m{len(self.kept) + 1}"
        before = self.kept.get(remote_id, {}).get("message")
        self.kept[remote_id] = sent
        self.story.message(at.isoformat(), sent["message"], before)
        return remote_id

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
