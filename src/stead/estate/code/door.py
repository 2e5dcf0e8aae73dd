"""The door to the configured model for a coding program: a Unix socket that speaks Anthropic's Messages API, for one run.

Promise: the provider's key stays here; the program has a token that opens this door and nothing else, until the run ends. Only the
configured model is asked, one question at a time, and none once what may be spent is spent. Nothing but messages goes
through (question.py).

Sources: https://docs.claude.com/en/api/messages, its streaming (`message_start`, `message_delta`) and errors;
https://code.claude.com/docs/en/llm-gateway for what Claude Code sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stead.domain.drafting import May
from stead.domain.model import ModelSpec
from stead.domain.run import Spent
from stead.estate.code.question import question_of
from stead.estate.code.usage import Usage

if TYPE_CHECKING:
    from aiohttp import web

MOST_ASKED = 32 * 1024 * 1024
"""Bytes of one question: the API takes no more."""
MOST_QUESTIONS = 400
_PATHS = ("/v1/messages", "/v1/messages/count_tokens")
_VERSION = "2023-06-01"
_HANDED_BACK = ("Content-Type", "Retry-After")


class Door:
    """`url` is the provider's, without /v1. `shut` is set, with the reason in `why`, once nothing more may be spent."""

    def __init__(self, spec: ModelSpec, url: str, may: May) -> None:
        self.token = secrets.token_urlsafe(32)
        self.spent = Spent()
        self.why = ""
        self.shut = asyncio.Event()
        self._spec, self._url, self._may = spec, url.rstrip("/"), may
        self._questions = 0
        self._one = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def open(self, socket: Path) -> AsyncGenerator[None]:
        """It is open until the block is left. UserError where the key cannot be read."""
        from aiohttp import ClientSession, ClientTimeout, web

        self._key = self._spec.key()
        patience = ClientTimeout(total=None, sock_connect=self._spec.connect, sock_read=self._spec.first_byte)
        application = web.Application(client_max_size=MOST_ASKED)
        application.router.add_route("*", "/{path:.*}", self._asked)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        async with ClientSession(timeout=patience, trust_env=False, auto_decompress=True) as self._session:
            await runner.setup()
            try:
                await web.UnixSite(runner, str(socket)).start()
                yield
            finally:
                await runner.cleanup()

    def close(self, why: str) -> None:
        """Nothing more goes through, and the first reason stands."""
        self.why = self.why or why
        self.shut.set()

    async def may(self) -> str:
        """Why nothing more may be spent, "" while something may; then it shuts."""
        if why := self.why or await self._may(self.spent):
            self.close(why)
        return self.why

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            return _refusal(401, "authentication_error", "this token opens nothing here")
        if request.method != "POST" or request.path not in _PATHS:
            return _refusal(404, "not_found_error", "only messages go through here")
        try:
            body = question_of(await request.read(), self._spec.model)
        except ValueError as error:
            return _refusal(400, "invalid_request_error", str(error))
        async with self._one:
            self._questions += 1
            if self._questions > MOST_QUESTIONS:
                self.close(f"it asked more than {MOST_QUESTIONS} questions")
            if why := await self.may():
                return _refusal(403, "permission_error", why)
            return await self._through(request, body)

    def _is_known(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.headers.get("X-Api-Key", "")
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())

    async def _through(self, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
        from aiohttp import ClientError

        sent = json.dumps(body).encode()
        usage = Usage(len(sent)) if request.path == _PATHS[0] else None
        began = time.monotonic()
        try:
            async with self._session.post(
                f"{self._url}{request.path}",
                params={"beta": "true"} if request.query.get("beta") == "true" else None,
                data=sent,
                headers=self._headers(request),
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:
                    usage = None
                    return await self._failed(answer)
                return await _carried(request, answer, usage)
        except (ClientError, TimeoutError, OSError):
            return _refusal(502, "api_error", f"the model {self._spec.name} cannot be reached, or broke off")
        finally:
            if usage is not None:
                self.spent += usage.spent(self._spec, time.monotonic() - began)

    def _headers(self, request: web.Request) -> dict[str, str]:
        given = request.headers
        beta = {"anthropic-beta": given["anthropic-beta"]} if "anthropic-beta" in given else {}
        key = {"x-api-key": self._key} if self._key else {}
        own = {"User-Agent": "stead", "Content-Type": "application/json", "anthropic-version": given.get("anthropic-version", _VERSION)}
        return {**own, **beta, **key}

    async def _failed(self, answer: Any) -> web.Response:
        """Its status, in our words: the endpoint's may hold the key."""
        after = answer.headers.get("Retry-After", "")
        said = _refusal(
            answer.status if answer.status >= 400 else 502,
            _KINDS.get(answer.status, "api_error"),
            f"{self._spec.name} says {answer.status}",
        )
        if after.isdecimal():
            said.headers["Retry-After"] = after
        return said


_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
"""https://docs.claude.com/en/api/errors"""


async def _carried(request: web.Request, answer: Any, usage: Usage | None) -> web.StreamResponse:
    from aiohttp import web

    headers = {name: answer.headers[name] for name in _HANDED_BACK if name in answer.headers}
    response = web.StreamResponse(status=200, headers=headers)
    await response.prepare(request)
    async for part in answer.content.iter_any():
        if usage is not None:
            usage.heard(part)
        await response.write(part)
    await response.write_eof()
    return response


def _refusal(status: int, kind: str, why: str) -> web.Response:
    from aiohttp import web

    return web.json_response({"type": "error", "error": {"type": kind, "message": why}}, status=status)
