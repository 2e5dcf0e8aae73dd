"""An OpenAI-compatible endpoint on loopback that answers as it is told: the only thing about a model that is not real in a rehearsal.

https://platform.openai.com/docs/api-reference/chat/create, streamed and whole, with tool calls and usage; and every way in which an
endpoint goes wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BYTES_A_TOKEN = 4
"""How the usage that it reports is counted: English is about 4 bytes a token."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What it says to one request: `text` and `calls` (tool, arguments), or `fail`: an HTTP status, or one of the words of FAILURES.

    `arguments` that are a text are sent as they are, whether or not they are JSON. `slow` is how many seconds it takes to begin.
    """

    text: str = ""
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    fail: int | str = ""
    retry_after: int | None = None
    slow: float = 0.0


FAILURES = ("hang", "garbage", "empty", "break")
"""hang: takes the request and says nothing · garbage: 200 with a page · empty: an answer without a word · break: stops in mid-answer."""


@dataclass(slots=True)
class ModelServer:
    """`answer(body)` is asked for each request. `requests` keeps the bodies, `sizes` their length in bytes.

    `left` is set when somebody closes the connection before the answer is there.
    """

    answer: Callable[[Json], Answer]
    url: str = ""
    requests: list[Json] = field(default_factory=list[Json])
    sizes: list[int] = field(default_factory=list[int])
    left: asyncio.Event = field(default_factory=asyncio.Event)
    _leaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._chat(request)
        except asyncio.CancelledError:
            self.left.set()
            raise

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body: Json = json.loads(raw)
        self.requests.append(body)
        self.sizes.append(len(raw))
        told = self.answer(body)
        await asyncio.sleep(told.slow)
        if told.fail:
            return await self._fail(request, told)
        message, usage = self._message(told), _usage(len(raw), told)
        return await _streamed(request, body, message, usage) if body.get("stream") else web.json_response(_whole(body, message, usage))

    def _message(self, told: Answer) -> Json:
        calls = [
            {
                "id": f"call_{len(self.requests)}_{n}",
                "type": "function",
                "function": {"name": tool, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for n, (tool, given) in enumerate(told.calls, start=1)
        ]
        said = "" if told.fail == "empty" else told.text
        return {"role": "assistant", "content": said or None, **({"tool_calls": calls} if calls else {})}

    async def _fail(self, request: web.Request, told: Answer) -> web.StreamResponse:
        if isinstance(told.fail, int):
            headers = {} if told.retry_after is None else {"Retry-After": str(told.retry_after)}
            return web.json_response({"error": {"message": "as told", "type": "practice"}}, status=told.fail, headers=headers)
        if told.fail == "hang":
            await self._leaving.wait()
        if told.fail == "break":
            response = await _begin(request)
            await response.write(b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choi')
            assert request.transport is not None
            request.transport.abort()
            return response
        if told.fail == "empty":
            return web.json_response(_whole({"model": "m"}, {"role": "assistant", "content": ""}, _usage(0, told)))
        return web.Response(text="<html>not here</html>", content_type="text/html")

    async def models(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "practice", "object": "model", "created": 0, "owned_by": "stead"}]})


@contextlib.asynccontextmanager
async def model_server(answer: Callable[[Json], Answer]) -> AsyncGenerator[ModelServer]:
    """One that listens until the block is left. `url` ends in /v1."""
    made = ModelServer(answer)
    application = web.Application(client_max_size=16 * 1024 * 1024)
    application.router.add_post("/v1/chat/completions", made.chat)
    application.router.add_get("/v1/models", made.models)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        made.url = f"http://{host}:{port}/v1"
        yield made
    finally:
        made._leaving.set()  # pyright: ignore[reportPrivateUsage]
        await runner.cleanup()


def _usage(asked: int, told: Answer) -> Json:
    said = len(told.text) + sum(len(json.dumps(given)) for _, given in told.calls)
    tokens_in, tokens_out = asked // BYTES_A_TOKEN, max(1, said // BYTES_A_TOKEN)
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}


def _whole(body: Json, message: Json, usage: Json) -> Json:
    choice = {"index": 0, "message": message, "finish_reason": _finish(message)}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice], "usage": usage}


async def _streamed(request: web.Request, body: Json, message: Json, usage: Json) -> web.StreamResponse:
    """One chunk for the text, one for each call in two halves, one with the end, one with the usage."""
    response = await _begin(request)
    chunk: Json = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

    async def send(delta: Json, finish: str | None = None, **more: Any) -> None:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}] if not more else []
        await response.write(b"data: " + json.dumps({**chunk, "choices": choices, **more}).encode() + b"\n\n")

    await send({"role": "assistant", "content": message["content"] or ""})
    for n, call in enumerate(message.get("tool_calls", [])):
        arguments = call["function"]["arguments"]
        half = len(arguments) // 2
        begun = {**call, "function": {**call["function"], "arguments": arguments[:half]}}
        await send({"tool_calls": [{"index": n, **begun}]})
        await send({"tool_calls": [{"index": n, "function": {"arguments": arguments[half:]}}]})
    await send({}, _finish(message))
    await send({}, usage=usage)
    await response.write(b"data: [DONE]\n\n")
    return response


async def _begin(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    return response


def _finish(message: Json) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"
