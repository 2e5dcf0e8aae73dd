"""The API server's HTTP interface: get, list, watch, patch, delete, as bytes and msgspec values.

Promise: every failure is one of domain.errors' families; nothing of aiohttp leaves this file. Requests and bytes on the wire are counted.
"""

from __future__ import annotations

import contextlib
import socket
import zlib
from asyncio import sslproto
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from stead import __version__
from stead.domain.errors import BlindError, SteadError
from stead.estate.kubernetes.connection import Connection
from stead.estate.kubernetes.errors import Status, parse_status, refusal, silence

_LINE_LIMIT = 32 * 1024 * 1024
"""Bytes of one watch event. etcd takes 1.5 MB an object, an aggregated API may take more."""
_KEEPALIVE = ((socket.SO_KEEPALIVE, 1),)
_KEEPALIVE_TCP = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""A watch is silent for minutes: ask after 30 s whether the other side lives, give up after 3 questions 10 s apart."""

# asyncio sets 256 KiB aside for each TLS connection, and every kind that is watched has one: 64 KiB are as quick, and forty kinds
# hold 8 MB less.
sslproto.SSLProtocol.max_size = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect (with TLS), for a whole answer, and for a watch to say nothing at all."""

    connect: float = 10.0
    answer: float = 60.0
    watch: float = 400.0


class ApiClient:
    """One identity at one API server. Open it inside a running loop, and close it."""

    def __init__(self, connection: Connection, timeouts: Timeouts | None = None) -> None:
        self.connection = connection
        self.requests = 0
        self.bytes = 0
        self.server_date = ""
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, what: str = "", command: str = "", accept: str = "application/json"
    ) -> bytes:
        """The body of a GET. Errors as `errors.refusal` and `errors.silence` say; `what` and `command` go into their sentence."""
        return await self._call("GET", path, params, what=what or f"read {path}", command=command, accept=accept)

    async def patch(
        self, path: str, body: Mapping[str, Any], *, content_type: str, what: str, action: str, rehearse: bool = False
    ) -> bytes:
        """Send a patch under field manager `stead`; the changed object's JSON. With `rehearse` the server checks it and keeps nothing."""
        data = msgspec.json.encode(body)
        params = {"fieldManager": "stead"} | ({"dryRun": "All"} if rehearse else {})
        return await self._call("PATCH", path, params, what=what, action=action, data=data, content_type=content_type)

    async def delete(self, path: str, options: Mapping[str, Any], *, what: str, action: str) -> bytes:
        """Delete with a DeleteOptions body (preconditions, grace period)."""
        body = msgspec.json.encode({"apiVersion": "v1", "kind": "DeleteOptions", **options})
        return await self._call("DELETE", path, None, what=what, action=action, data=body, content_type="application/json")

    async def post(self, path: str, body: Mapping[str, Any], *, what: str, action: str = "") -> bytes:
        """Make an object on behalf of `action`, or ask a question that is a POST (an access review, of which nothing is kept)."""
        params = {"fieldManager": "stead"} if action else None
        data = msgspec.json.encode(body)
        return await self._call("POST", path, params, what=what, action=action, data=data, content_type="application/json")

    @contextlib.asynccontextmanager
    async def watch(self, path: str, params: Mapping[str, str], *, what: str, command: str) -> AsyncGenerator[AsyncGenerator[bytes, None]]:
        """Open a watch: one JSON event a line, until the server ends it."""
        # A compressed stream would hold events back until a block is full.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        timeout = aiohttp.ClientTimeout(sock_connect=self._timeouts.connect, sock_read=self._timeouts.watch)
        query = {"watch": "true", **params}
        async with self._request("GET", path, query, headers, None, timeout, what, command) as response:
            lines = self._lines(response, what, command)
            try:
                yield lines
            finally:
                await lines.aclose()

    async def frames(
        self, path: str, params: Sequence[tuple[str, str]], protocols: Sequence[str], *, what: str, command: str
    ) -> AsyncGenerator[bytes, None]:
        """Open a WebSocket that speaks one of these protocols, and yield each binary message until the server closes it."""
        connection = self.connection
        credential = await connection.credentials.current()
        url = URL(f"{connection.server}{path}?{urlencode(params)}", encoded=True)
        self.requests += 1
        try:
            async with self._open().ws_connect(
                url,
                protocols=protocols,
                headers=credential.headers,
                proxy=connection.proxy,
                ssl=connection.tls.context(credential.pair) if url.scheme == "https" else False,
                server_hostname=connection.tls.server_name if url.scheme == "https" else None,
            ) as socket_:
                async for message in socket_:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        self.bytes += len(message.data)
                        yield message.data
        except aiohttp.WSServerHandshakeError as error:
            raise refusal(error.status, Status(), server=connection.server, what=what, command=command) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silence(error, what, command) from error

    async def _lines(self, response: aiohttp.ClientResponse, what: str, command: str) -> AsyncGenerator[bytes, None]:
        parts: list[bytes] = []
        size = 0
        try:
            async for chunk in response.content.iter_any():
                self.bytes += len(chunk)
                *whole, rest = chunk.split(b"\n")
                for piece in whole:
                    parts.append(piece)
                    line = b"".join(parts)
                    parts.clear()
                    size = 0
                    if line.strip():
                        yield line
                size += len(rest)
                if size > _LINE_LIMIT:
                    raise BlindError(f"{self.connection.server} sent an event without an end", reason="Malformed", command=command)
                if rest:
                    parts.append(rest)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silence(error, what, command) from error
        if parts:
            raise self._silence(aiohttp.ClientPayloadError("cut off"), what, command)

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        *,
        what: str,
        command: str = "",
        accept: str = "application/json",
        action: str = "",
        data: bytes | None = None,
        content_type: str = "",
    ) -> bytes:
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        if content_type:
            headers["Content-Type"] = content_type
        if action:
            # The API server's audit log keeps the User-Agent: it says which action this was.
            headers["User-Agent"] = f"stead/{__version__} (action {action})"
        timeout = aiohttp.ClientTimeout(total=self._timeouts.answer, sock_connect=self._timeouts.connect)
        async with self._request(method, path, params, headers, data, timeout, what, command) as response:
            return await self._body(response, what, command)

    @contextlib.asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        data: bytes | None,
        timeout: aiohttp.ClientTimeout,
        what: str,
        command: str,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """A response whose status is a success; anything else raises. A 401 is asked again once with renewed credentials."""
        for again in (True, False):
            response = await self._send(method, path, params, headers, data, timeout, what, command)
            self.server_date = response.headers.get("Date", "")
            try:
                if response.status == 401 and again and self.connection.credentials.rejected():
                    continue
                if not 200 <= response.status < 300:
                    raise await self._refusal(response, what, command)
                yield response
                return
            finally:
                response.release() if response.content.at_eof() else response.close()

    async def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        data: bytes | None,
        timeout: aiohttp.ClientTimeout,
        what: str,
        command: str,
    ) -> aiohttp.ClientResponse:
        connection = self.connection
        credential = await connection.credentials.current()
        url = URL(connection.server + path + (f"?{urlencode(params)}" if params else ""), encoded=True)
        self.requests += 1
        try:
            return await self._open().request(
                method,
                url,
                headers={**headers, **credential.headers},
                data=data,
                timeout=timeout,
                allow_redirects=False,
                proxy=connection.proxy,
                ssl=connection.tls.context(credential.pair) if url.scheme == "https" else False,
                server_hostname=connection.tls.server_name if url.scheme == "https" else None,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silence(error, what, command) from error

    async def _body(self, response: aiohttp.ClientResponse, what: str, command: str) -> bytes:
        try:
            body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silence(error, what, command) from error
        self.bytes += len(body)
        if response.headers.get("Content-Encoding") != "gzip":
            return body
        try:
            return zlib.decompress(body, wbits=31)
        except zlib.error as error:
            raise BlindError(
                f"{self.connection.server} answered to {what} with broken compression", reason="Malformed", command=command
            ) from error

    async def _refusal(self, response: aiohttp.ClientResponse, what: str, command: str) -> SteadError:
        status = parse_status(await self._body(response, what, command))
        after = response.headers.get("Retry-After", "")
        return refusal(
            response.status,
            status,
            server=self.connection.server,
            what=what,
            command=command,
            retry_after=float(after) if after.isdecimal() and len(after) < 6 else None,
        )

    def _silence(self, error: Exception, what: str, command: str) -> SteadError:
        connection = self.connection
        return silence(error, server=connection.server, what=what, command=command, source=connection.source, proxy=connection.proxy)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # One connection for each watch: a limit would leave the last kinds waiting for ever.
            connector = aiohttp.TCPConnector(limit=0, socket_factory=_socket)
            self._session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"stead/{__version__}"},
            )
        return self._session


def _socket(address: Any) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family=family, type=kind, proto=protocol)
    for option, value in _KEEPALIVE:
        made.setsockopt(socket.SOL_SOCKET, option, value)
    for name, value in _KEEPALIVE_TCP:
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    made.setblocking(False)
    return made
