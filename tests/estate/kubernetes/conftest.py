"""A scripted API server for faults on the wire: what a real one never does on request."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from stead.clocks import SteppedClock
from stead.declare import check
from stead.domain.finding import Finding, Progressing
from stead.domain.trigger import Sightings
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def watches(self) -> bool:
        return self.query.get("watch") == "true"


Reply = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def head(status: int, headers: dict[str, str]) -> bytes:
    return f"HTTP/1.1 {status} X\r\n{''.join(f'{k}: {v}' + chr(13) + chr(10) for k, v in headers.items())}\r\n".encode()


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None, *, zipped: bool = False) -> Reply:
    """A whole answer: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = dict(headers or {})
    if zipped:
        data = gzip.compress(data)
        more["Content-Encoding"] = "gzip"

    async def reply(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, {"Content-Type": "application/json", "Content-Length": str(len(data)), **more}) + data)

    return reply


def refuse(code: int, reason: str, message: str = "", headers: dict[str, str] | None = None, name: str = "") -> Reply:
    status = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": {"name": name}}
    return answer(status, code, headers)


def cut_off(data: bytes, length: int = 10_000) -> Reply:
    """The beginning of an answer, and then the connection is gone."""

    async def reply(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {"Content-Type": "application/json", "Content-Length": str(length)}) + data)
        await writer.drain()
        writer.close()

    return reply


def raw(data: bytes) -> Reply:
    async def reply(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return reply


async def silent(_: Request, writer: asyncio.StreamWriter) -> None:
    """Takes the request and never says anything."""
    await asyncio.Event().wait()


class Stream:
    """A watch that the test writes into: events, raw bytes, its end, or its breaking off."""

    def __init__(self, *first: Any) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self.opened = 0
        for one in first:
            self.say(one)

    def say(self, event: Any) -> None:
        self._queue.put_nowait(event)

    def end(self) -> None:
        self._queue.put_nowait(None)

    def cut(self) -> None:
        self._queue.put_nowait(ConnectionResetError())

    async def __call__(self, _: Request, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        writer.write(head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        while (event := await self._queue.get()) is not None:
            if isinstance(event, Exception):
                writer.transport.abort()
                return
            data = event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n"
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")


def first_end(version: str = "10") -> dict[str, Any]:
    """The bookmark that ends the first events of a WatchList."""
    marked = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}
    return {"type": "BOOKMARK", "object": {"metadata": marked}}


def event(kind: str, obj: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": obj}


def pod(name: str, phase: str = "Running", version: str = "5", namespace: str = "payments", **status: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": version}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "status": {"phase": phase, **status}}


def listing(*items: dict[str, Any], version: str = "10", token: str = "") -> dict[str, Any]:
    return {"kind": "List", "metadata": {"resourceVersion": version, **({"continue": token} if token else {})}, "items": list(items)}


@dataclass
class Wire:
    """An API server that says what the test tells it to. Paths that it was not told about are empty collections."""

    folder: Path
    requests: list[Request] = field(default_factory=list)
    _script: dict[tuple[str, str, bool], list[Reply]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None
    scheme: str = "http"
    port: int = 0
    busy: int = 0
    """Answers that are being given at this moment, open watches apart."""
    most: int = 0
    """How many connections were open at once, at most."""

    async def start(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.scheme = "https" if tls else "http"
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def on(self, path: str, *replies: Reply, method: str = "GET", watch: bool = False) -> None:
        """Answer requests for `path` with these, in order; the last one again and again."""
        self._script[method, path, watch] = list(replies)

    def asked(self, path: str, *, watch: bool | None = None, method: str = "GET") -> list[Request]:
        return [r for r in self.requests if (r.method, r.path) == (method, path) and watch in (None, r.watches)]

    def kubeconfig(self, *, user: dict[str, Any] | None = None, cluster: dict[str, Any] | None = None, server: str = "") -> str:
        """Write a kubeconfig for this server; its path."""
        config = {
            "current-context": "home",
            "contexts": [{"name": "home", "context": {"cluster": "c", "user": "u", "namespace": "payments"}}],
            "clusters": [{"name": "c", "cluster": {"server": server or self.url, **(cluster or {})}}],
            "users": [{"name": "u", "user": user or {}}],
        }
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(config))
        return str(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.most = max(self.most, len(self._tasks))
        try:
            while (request := await self._read(reader)) is not None:
                self.requests.append(request)
                self.busy += not request.watches
                try:
                    await self._reply(request)(request, writer)
                    await writer.drain()
                finally:
                    self.busy -= not request.watches
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    def _reply(self, request: Request) -> Reply:
        replies = self._script.get((request.method, request.path, request.watches))
        if replies:
            return replies.pop(0) if len(replies) > 1 else replies[0]
        if not request.watches:
            return answer(listing())
        return Stream(first_end()) if "sendInitialEvents" in request.query else Stream()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        line = (await reader.readline()).decode()
        if not line:
            return None
        method, target, _ = line.split(" ", 2)
        headers: dict[str, str] = {}
        while (text := (await reader.readline()).decode().strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if method == "CONNECT":
            return Request(method, target, {}, headers, body)
        parts = urlsplit(target)
        return Request(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body)


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """A scripted server over plain HTTP; `stop` and `start` it as the story goes."""
    server = Wire(tmp_path)
    await server.start()
    yield server
    await server.stop()


class Watching:
    """An estate that is being watched, and the time, which moves only when nothing else does."""

    def __init__(self, estate: KubernetesEstate, wire: Wire, clock: SteppedClock) -> None:
        self.estate, self._wire, self._clock = estate, wire, clock
        self._sightings = estate.sightings()
        self._next: asyncio.Task[Sightings] | None = None

    async def next(self, within: float = 1.0) -> Sightings:
        """The next Sightings, that must come within so many seconds of the story."""
        found = await self._within(within)
        assert found is not None, f"nothing came within {within} s"
        return found

    async def nothing(self, within: float) -> None:
        """Let so many seconds pass, in which nothing may come."""
        found = await self._within(within)
        assert found is None, f"unexpected: {found}"

    def again(self) -> Watching:
        """Another watch of the same estate, as the service begins one when a watch has failed."""
        self._sightings, self._next = self.estate.sightings(), None
        return self

    async def close(self) -> None:
        await self.estate.close()
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._sightings.aclose()

    async def _within(self, seconds: float) -> Sightings | None:
        deadline = self._clock.now() + timedelta(seconds=seconds)
        task = self._next = self._next or asyncio.ensure_future(anext(self._sightings))
        while True:
            await self._quiet()
            if task.done():
                self._next = None
                return task.result()
            due = self._clock.next_due()
            if due is None or due > deadline:
                self._clock.advance_to(deadline)
                return None
            self._clock.advance_to(due)

    async def _quiet(self) -> None:
        turns, asked = 0, len(self._wire.requests)
        while turns < 40:
            await asyncio.sleep(0)
            turns = 0 if self._wire.busy or asked != len(self._wire.requests) else turns + 1
            asked = len(self._wire.requests)


@check(watches=[Pod])
def pod_failed(pod: Pod, view: View, now: datetime) -> Finding | Progressing | None:
    """A check to watch with: a pod that failed, and one that is pending for more than a minute."""
    if pod.status.phase == "Failed":
        return view.finding(pod, reason="Failed", summary=f"{pod.metadata.name} failed")
    if pod.status.phase == "Pending" and pod.status.start_time is not None:
        finding = view.finding(pod, reason="Pending", summary=f"{pod.metadata.name} is pending")
        return Progressing(until=pod.status.start_time + timedelta(minutes=1), finding=finding)
    return None


@pytest.fixture
async def watch(wire: Wire, clock: SteppedClock) -> AsyncIterator[Callable[..., Watching]]:
    """`watch(**options)` starts to watch the scripted server with `pod_failed`."""
    made: list[Watching] = []

    def begin(**options: Any) -> Watching:
        made.append(Watching(open_estate(wire, clock, **options), wire, clock))
        return made[-1]

    yield begin
    for one in made:
        await one.close()


def open_estate(wire: Wire, clock: SteppedClock, **options: Any) -> KubernetesEstate:
    connection = connect(clock, kubeconfig=wire.kubeconfig(), environ={})
    given: dict[str, Any] = {"checks": [pod_failed], "rng": random.Random(7), **options}
    return KubernetesEstate("home", connection, given.pop("checks"), clock, **given)


@pytest.fixture
async def estate(wire: Wire, clock: SteppedClock) -> AsyncIterator[Callable[..., KubernetesEstate]]:
    """`estate(**options)` opens the scripted server as an estate with `pod_failed`."""
    made: list[KubernetesEstate] = []

    def begin(**options: Any) -> KubernetesEstate:
        made.append(open_estate(wire, clock, **options))
        return made[-1]

    yield begin
    for one in made:
        await one.close()


@pytest.fixture
def script() -> Any:
    """The words that a scripted server is told in."""
    from types import SimpleNamespace

    words = (answer, refuse, cut_off, raw, silent, Stream, first_end, event, pod, listing)
    return SimpleNamespace(**{word.__name__: word for word in words})
