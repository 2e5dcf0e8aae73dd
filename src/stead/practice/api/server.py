"""The HTTPS door: listens, finds out who asks and whether they may, hands on, and turns every refusal into a Status.

Promise: no request ends in a traceback for its sender; every answer that changes something stands in `requests`.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakSet

from aiohttp import web

from stead.practice.api import encoding, errors, rbac, request
from stead.practice.api.endpoints import Endpoints
from stead.practice.api.handlers import Handlers
from stead.practice.api.rbac import Rbac
from stead.practice.api.request import Identity, Target
from stead.practice.api.users import Users
from stead.practice.world import World

log = logging.getLogger(__name__)
_MAX_BODY = 3 * 1024 * 1024  # as kube-apiserver's limit for a request
# `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go`: defaultGzipThresholdBytes, defaultGzipContentEncodingLevel
_ZIP_FROM, _ZIP_LEVEL = 128 * 1024, 1


@dataclass(frozen=True, slots=True)
class Audited:
    """One line of the audit log."""

    at: datetime
    user: str
    verb: str
    path: str
    query: str
    code: int
    agent: str


class ApiServer:
    def __init__(self, world: World, users: Users, access: Rbac, handlers: Handlers) -> None:
        self._world = world
        self._users = users
        self._rbac = access
        self._handlers = handlers
        self._endpoints = Endpoints(world)
        self._runner: web.AppRunner | None = None
        self._connections: WeakSet[asyncio.WriteTransport] = WeakSet()
        self.port = 0
        self.requests: deque[Audited] = deque(maxlen=100_000)

    async def start(self, port: int, tls: ssl.SSLContext) -> None:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._handlers.end_streams()
        if self._runner is not None:
            open_ones = list(self._connections)
            await self._runner.cleanup()
            self._runner = None
            for connection in open_ones:
                connection.abort()  # TLS would wait half a minute for the good-bye of a client that only keeps it open
            await asyncio.sleep(0)

    async def _answer(self, asked: web.Request) -> web.StreamResponse:
        if isinstance(asked.transport, asyncio.WriteTransport):
            self._connections.add(asked.transport)
        target = request.parse(asked.method, asked.path, asked.query)
        who = request.ANONYMOUS
        try:
            who = self._users.who(asked.headers.get("Authorization", ""))
            answer = await self._allowed(asked, target, who)
        except errors.ApiError as refusal:
            answer = _json(refusal.status(), refusal.code, refusal.headers)
        except errors.PageNotFoundError:
            answer = web.Response(status=404, text="404 page not found\n")
        except web.HTTPRequestEntityTooLarge:
            answer = _json(errors.ApiError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728").status(), 413, {})
        except Exception as error:
            log.exception("the practice cluster failed at %s %s", asked.method, asked.path)
            self._world.engine.faults.append(f"{asked.method} {asked.path}: {error!r}")
            answer = _json(errors.ApiError(500, "InternalError", f"Internal error occurred: {error}").status(), 500, {})
        _zip(asked, answer)
        agent = asked.headers.get("User-Agent", "")
        self.requests.append(Audited(self._world.now, who.name, target.verb, asked.path, asked.query_string, answer.status, agent))
        return answer

    async def _allowed(self, asked: web.Request, target: Target, who: Identity) -> web.StreamResponse:
        resource = self._world.registry.find(target.group, target.version, target.plural)
        if not self._rbac.allows(who, target):
            raise rbac.refusal(who, target, resource)
        if not target.plural:
            return self._endpoints.answer(asked)
        if not self._world.registry.serves(target.group, target.version):
            raise errors.PageNotFoundError
        if resource is None:
            raise errors.unknown_resource()
        if not target.subresource and target.verb not in resource.verbs:
            raise errors.method_not_allowed()
        return await self._handlers.answer(asked, resource, target, who)


def _zip(asked: web.Request, answer: web.StreamResponse) -> None:
    """Make a large answer small for a client that takes gzip. A stream is left as it is."""
    if not isinstance(answer, web.Response) or "gzip" not in asked.headers.get("Accept-Encoding", ""):
        return
    if isinstance(answer.body, bytes) and len(answer.body) >= _ZIP_FROM:
        answer.body = gzip.compress(answer.body, _ZIP_LEVEL, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"


def _json(body: object, code: int, headers: dict[str, str]) -> web.Response:
    return web.Response(
        status=code,
        body=encoding.dump(body),
        headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private", **headers},
    )
