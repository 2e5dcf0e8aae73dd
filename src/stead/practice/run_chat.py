"""Where Stead's messages go in a run: a webhook on loopback that takes everything and keeps every version of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET_VARIABLE = "STEAD_PRACTICE_CHAT_SECRET"


@dataclass
class Chat:
    """`texts` is everything that a person could read, oldest first, `last` each message as it is now.

    `sent` counts new messages, `edits` changes of one.
    """

    url: str = ""
    last: dict[str, str] = field(default_factory=dict[str, str])
    texts: list[str] = field(default_factory=list[str])
    sent: int = 0
    edits: int = 0
    busy: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        self.busy += 1
        try:
            told = await request.json()
            remote_id = str(told["replaces"] or told["id"])
            if told["replaces"]:
                self.edits += 1
            elif remote_id not in self.last:
                self.sent += 1
            self.last[remote_id] = _text(told["message"])
            self.texts.append(self.last[remote_id])
            return web.json_response({"id": remote_id})
        finally:
            self.busy -= 1


def _text(message: dict[str, Any]) -> str:
    blocks = [f"{block.get('text', '')} {block.get('command', '')}" for block in message.get("blocks", [])]
    return "\n".join([str(message.get("title", "")), *blocks])


@contextlib.asynccontextmanager
async def chat() -> AsyncGenerator[Chat]:
    """One that listens until the block is left."""
    made = Chat()
    os.environ[SECRET_VARIABLE] = secrets.token_hex(16)
    application = web.Application()
    application.router.add_post("/messages", made.receive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        made.url = f"http://{host}:{port}/messages"
        yield made
    finally:
        await runner.cleanup()
        os.environ.pop(SECRET_VARIABLE, None)
