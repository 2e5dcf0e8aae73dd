"""Asking one model once: our question in the library's words, its answer in ours, and each way to fail as one sentence.

The answer is streamed, so that the first byte of a slow model counts as a sign of life; what breaks off in the middle is thrown away as a
whole, and the next model is asked the whole question.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from stead.domain.model import ModelSpec
from stead.domain.run import Message, Question, Reply, Speaker, Spent, ToolCall
from stead.models.clients import library

MOST_OUTPUT = 4096
"""Tokens of one answer: a conclusion takes a few hundred."""

PAUSE = 5.0
"""Seconds before an endpoint that says 429, and not when to come back, is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Why a model did not answer. `blame`: it counts against it; with `endpoint`, against all models there.

    `hopeless`: a try soon is of no use; `passes`: one may be. `retry_after` in seconds, where it said.
    """

    why: str
    blame: bool = True
    hopeless: bool = False
    passes: bool = False
    endpoint: bool = False
    retry_after: float | None = None


async def ask(model: Any, spec: ModelSpec, question: Question, within: float) -> Reply | NoAnswer:
    """One request, at most `within` seconds of it."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(within):
            response = await _request(model, question)
        return _reply(response, spec, time.perf_counter() - began)
    except TimeoutError:
        return NoAnswer(why=f"no whole answer within {within:.0f} s")
    except Exception as error:  # an endpoint may answer anything, and the library may raise anything for it
        return _no_answer(error, spec)


async def _request(model: Any, question: Question) -> Any:
    models, direct = library("pydantic_ai.models"), library("pydantic_ai.direct")
    tools = library("pydantic_ai.tools")
    offered = [
        tools.ToolDefinition(name=t.name, description=t.description, parameters_json_schema=dict(t.schema), strict=False)
        for t in question.tools
    ]
    parameters = models.ModelRequestParameters(function_tools=offered, allow_text_output=True)
    settings = {"max_tokens": MOST_OUTPUT}
    async with direct.model_request_stream(
        model, _history(question), model_settings=settings, model_request_parameters=parameters
    ) as stream:
        async for _ in stream:
            pass
        return stream.get()


def _history(question: Question) -> list[Any]:
    """The run so far as pydantic-ai's messages; what tools saw after one answer is one request."""
    messages = library("pydantic_ai.messages")
    made: list[Any] = []
    parts: list[Any] = []
    for said in question.messages:
        if said.speaker is Speaker.MODEL:
            made += [_request_of(messages, parts, question.system), _response_of(messages, said)]
            parts = []
        elif said.speaker is Speaker.TOOL:
            parts.append(messages.ToolReturnPart(tool_name=said.tool, content=said.text, tool_call_id=said.answers))
        else:
            parts.append(messages.UserPromptPart(content=said.text))
    return [*made, _request_of(messages, parts, question.system)]


def _request_of(messages: Any, parts: list[Any], system: str) -> Any:
    return messages.ModelRequest(parts=list(parts), instructions=system)


def _response_of(messages: Any, said: Message) -> Any:
    text = [messages.TextPart(content=said.text)] if said.text else []
    calls = [messages.ToolCallPart(tool_name=c.tool, args=c.arguments, tool_call_id=c.id) for c in said.calls]
    return messages.ModelResponse(parts=[*text, *calls])


def _reply(response: Any, spec: ModelSpec, seconds: float) -> Reply | NoAnswer:
    calls = tuple(ToolCall(id=part.tool_call_id, tool=part.tool_name, arguments=_as_written(part)) for part in response.tool_calls)
    text = (response.text or "").strip()
    if not calls and not text:
        return NoAnswer(why="its answer is empty", passes=True)
    usage = response.usage
    spent = Spent(
        tokens_in=usage.input_tokens,
        tokens_out=usage.output_tokens,
        cached=usage.cache_read_tokens,
        money=spec.cost(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens),
        calls=1,
        seconds=round(seconds, 3),
    )
    return Reply(message=Message(speaker=Speaker.MODEL, text=text, calls=calls), model=spec.name, spent=spent)


def _as_written(part: Any) -> str:
    """The arguments as the model wrote them: the library would put what is no JSON into other words."""
    return part.args if isinstance(part.args, str) else str(part.args_as_json_str())


def _no_answer(error: Exception, spec: ModelSpec) -> NoAnswer:
    """Without the words of the endpoint: they may hold what it was sent, or the key."""
    known = library("pydantic_ai.exceptions")
    status = getattr(error, "status_code", None)
    code = f" ({status})" if isinstance(status, int) else ""
    after = getattr(error, "retry_after", None)
    for names, why, blame in _FAILURES:
        if isinstance(error, tuple(getattr(known, name) for name in names)):
            said = why.format(model=spec.model, connect=spec.connect, first_byte=spec.first_byte)
            return NoAnswer(
                why=f"{said}{code}",
                blame=blame,
                hopeless=not _HOPELESS.isdisjoint(names),
                passes=not _PASSES.isdisjoint(names),
                endpoint=not _ENDPOINT.isdisjoint(names),
                retry_after=_seconds(after, status),
            )
    return NoAnswer(why=f"its answer cannot be read ({type(error).__name__}){code}", passes=True)


def _seconds(after: Any, status: Any) -> float | None:
    """What `Retry-After` said; a 429 that does not say is given a moment."""
    total = after.total_seconds() if hasattr(after, "total_seconds") else after
    if isinstance(total, int | float):
        return float(total)
    return PAUSE if status == 429 else None


_FAILURES: tuple[tuple[tuple[str, ...], str, bool], ...] = (
    (("ModelRateLimitError",), "it says: slow down", False),
    (("ModelQuotaExceededError",), "its quota or credit is used up", True),
    (("ModelUnavailableError",), "it is not available now", True),
    (("ModelTimeoutError",), "no connection within {connect:g} s, or not a byte within {first_byte:g} s", True),
    (("ModelConnectionError",), "it cannot be reached, or broke off", True),
    (("ModelAuthenticationError",), "it does not accept the key", True),
    (("ModelNotFoundError",), "it has no model `{model}`", True),
    (("ModelContextWindowExceededError",), "the question does not fit into its context", False),
    (("ModelRequestRejectedError",), "it refuses the request", True),
    (("ModelServerError", "ModelAPIError"), "it failed", True),
)
"""(errors of pydantic-ai, what that means, whether it counts): the first that fits."""
_HOPELESS = frozenset({"ModelQuotaExceededError", "ModelAuthenticationError", "ModelNotFoundError"})
_PASSES = frozenset({"ModelUnavailableError", "ModelConnectionError", "ModelServerError"})
_ENDPOINT = frozenset({"ModelQuotaExceededError", "ModelConnectionError", "ModelAuthenticationError"})
"""What is the endpoint's, and not this one model's."""
