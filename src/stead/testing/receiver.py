"""A receiver of HTTP messages on loopback, which can be told to fail the way real ones do."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One request that was accepted, or refused: headers as they came, and the whole body."""

    headers: dict[str, str]
    body: bytes
    accepted: bool


@dataclass(slots=True)
class Answer:
    """What the next request is met with. `cut` drops the connection instead; `hang` never answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b"{}"
    cut: bool = False
    hang: bool = False


class Receiver:
    """`async with Receiver() as receiver:` listens at `receiver.address` (host:port); `receiver.script` holds the next answers."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.script: deque[Answer] = deque()
        self.address = ""
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def accepted(self) -> list[Received]:
        return [request for request in self.requests if request.accepted]

    async def __aenter__(self) -> Receiver:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._released.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        answer = self.script.popleft() if self.script else Answer()
        body = await request.read()
        accepted = 200 <= answer.status < 300 and not (answer.cut or answer.hang)
        self.requests.append(Received(dict(request.headers), body, accepted))
        if answer.hang:
            await self._released.wait()
        if answer.cut and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
