"""The gateway on its socket, in the service's own event loop. Loopback by default; beyond it only when a token says who may ask."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
from collections.abc import Generator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import uvicorn

from stead.app import local_token
from stead.app.listening import listening_socket
from stead.app.wiring import Stead
from stead.domain.errors import UserError
from stead.gateway.api import application
from stead.gateway.stream import Streams
from stead.store import tokens
from stead.store.tokens import Scope

STOP_WITHIN = 2
"""Seconds that an answer under way gets when the service stops: the whole stop has 5."""


class Gateway:
    """`bind`, then `start` once `stead` has started, `stop` before it stops. `url` is where it listens."""

    def __init__(self, stead: Stead) -> None:
        self.stead = stead
        self.url = ""
        self.token_file: Path | None = None
        self._token = ""
        self._socket: socket.socket | None = None
        self.streams = Streams(stead)
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    def bind(self) -> None:
        """Take the port, so that a taken one is known before anything begins. UserError when it cannot be had."""
        server = self.stead.settings.server
        self._socket = listening_socket(server.host, server.port)
        port = self._socket.getsockname()[1]
        self.url = f"http://[{server.host}]:{port}" if ":" in server.host else f"http://{server.host}:{port}"

    async def start(self) -> None:
        """Answer requests. UserError when it would listen beyond loopback without a token that anybody was given."""
        if self._socket is None:
            self.bind()
        assert self._socket is not None
        now = self.stead.clock.now()
        if not ipaddress.ip_address(self.stead.settings.server.host).is_loopback and not await self.stead.store.look(_somebody, now):
            self._close_socket()
            raise UserError(
                f"server.bind {self.stead.settings.server.bind} is beyond loopback, and there is no token",
                hint="stead token add NAME --scopes read,approve; or bind 127.0.0.1",
            )
        await self._local_token(now)
        self._server = _Server(application(self.stead, self.streams))
        self._serving = asyncio.create_task(self._server.serve([self._socket]), name="gateway")
        await self._server.up.wait()

    async def stop(self) -> None:
        """End the streams, finish the answers under way, close the port. Harmless when it never started."""
        self.streams.close()
        if self._server is not None and self._serving is not None:
            self._server.leave()
            await self._serving
        if self.token_file is not None:
            local_token.remove(self.token_file, self._token)
        self._close_socket()

    async def _local_token(self, now: datetime) -> None:
        """A token for this user's command line. A home that cannot be written costs the convenience, not the service."""
        path = local_token.place(self.url, os.environ)
        folder = self.stead.settings.store.folder
        if folder is not None and path.resolve().is_relative_to(folder.resolve()):
            return
        self._token = await self.stead.store.run(tokens.replace, local_token.NAME, frozenset({Scope.READ, Scope.APPROVE}), now=now)
        with contextlib.suppress(OSError):
            local_token.write(path, self._token)
            self.token_file = path

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers (the service has its own) and without a tick: it waits to be told."""

    def __init__(self, app: object) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # pyright: ignore[reportArgumentType]  (an ASGI application; uvicorn's type is narrower than the protocol)
                loop="none",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=STOP_WITHIN,
                h11_max_incomplete_event_size=32 * 1024,
                limit_concurrency=256,
            )
        )
        self.up = asyncio.Event()
        self._left = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self._left.wait()

    def leave(self) -> None:
        self.should_exit = True
        self._left.set()


def _somebody(connection: sa.Connection, now: datetime) -> bool:
    """Whether a token was given to anybody: the command line's own does not count."""
    return any(not token.expired(now) for token in tokens.listed(connection) if token.name != local_token.NAME)
