"""What every request passes first: is it meant for us, does a foreign page send it, is it small enough? And it is counted.

A browser on the owner's machine reaches loopback for any page that it shows. A foreign name in `Host` (DNS rebinding) or a foreign
`Origin` is therefore refused before anything else looks at the request.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stead.gateway.errors import MOST_BODY, MOST_HOOK_BODY, refusal

_WAYS_IN = ("/hooks/", "/heartbeats/")
"""Where other systems send, more at once than a person writes."""

Count = Callable[[str, str, int], None]
"""Told method, route and status of each answered request."""


class Guard:
    """ASGI middleware around `app`. `hosts` are further names under which the service is reached."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], count: Count) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts) | {"localhost"}
        self.count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0
        scope.setdefault("state", {})

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.admitted(scope, receive, answer)
        finally:
            self.count(scope["method"], scope["state"].get("route", "other"), status)

    async def admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refused = self.refused(scope, headers)
        if refused is not None:
            await refusal(*refused)(scope, receive, send)
            return
        await self.app(scope, _bounded(receive, MOST_HOOK_BODY if scope["path"].startswith(_WAYS_IN) else MOST_BODY), send)

    def refused(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        """(status, error, hint) of why the request is not let in; None when it is."""
        host = headers.get("host", "")
        if not self.ours(host_name(host), scope.get("server")):
            return 421, f"this service is not `{host[:100]}`", "name it in server.hosts"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return 403, "a page of another origin may not ask this service", "open it under its own address"
        return None

    def ours(self, name: str, server: tuple[str, int | None] | None) -> bool:
        """Whether `name` is one of ours: a configured name, a loopback address, or the address that the connection came in on."""
        if name in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(name)
            return address.is_loopback or (server is not None and address == ipaddress.ip_address(server[0]))
        except ValueError:
            return False


def remembered(route: BaseRoute) -> BaseRoute:
    """The route, which says its pattern to the count when it is taken. The scope that it sees is a copy, the `state` in it is not."""
    if isinstance(route, Route):
        taken, path = route.app, route.path

        async def remember(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"]["route"] = path
            await taken(scope, receive, send)

        route.app = remember
    return route


def host_name(host: str) -> str:
    """`Stead.example.com:8642` → `stead.example.com`; `[::1]:8642` → `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _bounded(receive: Receive, most: int) -> Receive:
    """A body ends here when it turns out longer than `most` bytes, whatever length it declared."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, str(most))
        return message

    return bounded
