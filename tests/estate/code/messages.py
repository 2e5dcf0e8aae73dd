"""Anthropic's Messages API on loopback, as far as a coding program meets it: the only thing about the model that is not real here."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sk-of-the-provider"


@dataclass
class Provider:
    """`asked` are (path, headers, body) of each question. `status` other than 200 is what it answers, with words that hold the key.

    `struck` is called once, in the middle of the first question.
    """

    url: str = ""
    status: int = 200
    struck: Callable[[], object] | None = None
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)

    async def messages(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append((request.path_qs, dict(request.headers), body))
        if self.struck is not None:
            struck, self.struck = self.struck, None
            struck()
        if self.status != 200:
            return web.json_response({"error": {"message": f"bad key {request.headers.get('x-api-key')}"}}, status=self.status)
        usage = {"input_tokens": 100, "cache_read_input_tokens": 50, "output_tokens": 7}
        if not body.get("stream"):
            return web.json_response({"type": "message", "content": [{"type": "text", "text": "memory: 128Mi"}], "usage": usage})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": {"usage": {**usage, "output_tokens": 1}}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "memory: 128Mi"}},
            {"type": "message_delta", "usage": {"output_tokens": 7}},
            {"type": "message_stop"},
        ]
        for event in events:
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        return response


@contextlib.asynccontextmanager
async def provider() -> AsyncGenerator[Provider]:
    made = Provider()
    application = web.Application()
    application.router.add_post("/v1/messages", made.messages)
    application.router.add_post("/v1/messages/count_tokens", made.messages)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        made.url = f"http://{host}:{port}"
        yield made
    finally:
        await runner.cleanup()
