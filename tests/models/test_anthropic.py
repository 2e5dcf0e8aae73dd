"""Anthropic's own API: what is sent, what is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from stead.app.discover import shelves
from stead.app.model_settings import ModelSettings
from stead.app.thinking import models_of
from stead.domain.model import NoModelError
from stead.domain.run import Message, Question, Speaker, ToolOffer

LOOK = ToolOffer(name="look", description="Look.", schema={"type": "object", "properties": {"at": {"type": "string"}}})
HELLO = Question(system="Be brief.", messages=(Message(speaker=Speaker.STEAD, text="Hello"),), tools=(LOOK,))

EVENTS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 40, "output_tokens": 1, "cache_read_input_tokens": 30},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"at":"api"}'}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
]
"""https://docs.claude.com/en/docs/build-with-claude/streaming"""


class Endpoint:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.status = 200

    async def messages(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        if self.status != 200:
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            return web.json_response(error, status=self.status)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in EVENTS:
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        return response


@pytest.fixture
async def endpoint():
    made = Endpoint()
    application = web.Application()
    application.router.add_post("/v1/messages", made.messages)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = "http://{}:{}".format(*runner.addresses[0][:2])
    chain = models_of(
        [ModelSettings(name="claude", kind="anthropic", model="claude-x")],
        shelves().models,
        {"ANTHROPIC_BASE_URL": made.url, "ANTHROPIC_API_KEY": "sk-ant"},
    )
    assert chain is not None
    chain.pauses = ()
    made.chain = chain
    yield made
    await chain.close()
    await runner.cleanup()


async def test_it_answers_with_calls_and_says_what_came_from_the_cache(endpoint) -> None:
    reply = await endpoint.chain.ask(HELLO)
    assert [(c.id, c.tool, c.arguments) for c in reply.message.calls] == [("toolu_1", "look", '{"at":"api"}')]
    assert (reply.spent.tokens_in, reply.spent.tokens_out, reply.spent.cached) == (70, 9, 30)
    assert endpoint.keys == ["Bearer sk-ant"]
    asked = endpoint.asked[0]
    assert asked["system"][-1]["cache_control"]["type"] == "ephemeral" and asked["tools"][-1]["cache_control"]["type"] == "ephemeral"


async def test_an_overloaded_one_is_asked_once(endpoint) -> None:
    endpoint.status = 529
    with pytest.raises(NoModelError, match="not available now"):
        await endpoint.chain.ask(HELLO)
    assert len(endpoint.asked) == 1
