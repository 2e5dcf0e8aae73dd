"""Keeps one kind in the mirror up to date: list and then watch, for as long as it runs.

WatchList where the server streams the first list (flat memory), pages of a list where it does not; from then on a watch that goes on
where the last one stopped. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes

Promise: whatever goes wrong, it comes back by itself; and it says *blind* rather than going on as if it saw.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from stead.domain.errors import BlindError, SteadError, TemporaryError
from stead.estate.kubernetes.blindness import blindness
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.decode import decode_page
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.errors import AbsentError, ExpiredError, InvalidError, Status, refusal
from stead.estate.kubernetes.kinds import Kind
from stead.estate.kubernetes.mirror import Mirror
from stead.estate.kubernetes.resources import Resource
from stead.estate.kubernetes.slices import ObjectMeta
from stead.estate.kubernetes.view import ObjectKey
from stead.ports import Clock

PAGE = 500
"""Objects a page: what client-go asks for, and the fastest that was measured."""
GRACE = timedelta(seconds=15)
"""How long a kind that was in sight may fail before it is called blind: an API server that restarts is back within that."""
ABSENT_AGAIN = timedelta(minutes=5)
"""How often an API that is absent is asked for again: somebody may install it."""
DEFINED_AGAIN = timedelta(seconds=15)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second try, doubled from try to try."""
_GOOD_WATCH = timedelta(seconds=5)
"""A watch that lasted so long was a good one, even if nothing happened in it."""
_WATCH_SECONDS = (240, 300)
"""How long a watch is asked to last: spread, so that not all end at once. client-go takes 5 to 10 minutes."""
_STREAM_PATIENCE = 30.0
"""Seconds that a streamed first list may pause. A server that does not know WatchList never says that it has ended."""
_INITIAL_END = "k8s.io/initial-events-end"


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _MarkMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    annotations: dict[str, str] | None = None


class _Mark(msgspec.Struct):
    metadata: _MarkMeta


class _Named(msgspec.Struct):
    metadata: ObjectMeta


_EVENT = msgspec.json.Decoder(_Event)
_MARK = msgspec.json.Decoder(_Mark)
_NAMED = msgspec.json.Decoder(_Named)


@dataclass(slots=True)
class Dialect:
    """What this API server turned out to understand, shared by all kinds."""

    watch_list: bool = True


class Reflector:
    """One kind of one cluster. `run()` ends only when it is cancelled."""

    def __init__(
        self, kind: Kind, client: ApiClient, mirror: Mirror, clock: Clock, dialect: Dialect, discovery: Discovery, rng: random.Random
    ) -> None:
        self.kind = kind
        self.pausing = False
        """Whether it waits for the clock before it tries again: until then it is behind, and knows it."""
        self._resource = Resource.of(kind)
        self._client = client
        self._mirror = mirror
        self._clock = clock
        self._dialect = dialect
        self._discovery = discovery
        self._rng = rng
        self._version = ""
        self._tries = 0
        self._began = clock.now()
        self._failing_since: datetime | None = None

    async def run(self) -> None:
        while True:
            self._began = self._clock.now()
            try:
                pause = await self._follow()
            except ExpiredError:
                self._version = ""
                pause = self._pause()
            except SteadError as error:
                pause = await self._failed(error)
            except Exception as error:  # one kind that fails in a way nobody thought of must not end the watch over the others
                pause = await self._failed(self._malformed(f"with something unexpected ({type(error).__name__}: {error})"))
            self.pausing = True
            await self._clock.sleep_until(self._clock.now() + pause)
            self.pausing = False

    async def _follow(self) -> timedelta:
        """Read what is there unless that is known, and then what changes, until the server ends the watch; how long to wait before it goes
        on."""
        if not self._version and self._dialect.watch_list:
            try:
                await self._watch(first=True)
                return self._pause()
            except InvalidError:
                self._dialect.watch_list = False
        if not self._version:
            await self._list()
        await self._watch(first=False)
        return self._pause()

    async def _list(self) -> None:
        keys: set[ObjectKey] = set()
        params = {"limit": str(PAGE)}
        while True:
            body = await self._client.get(self._resource.path(), params, what=f"list {self.kind.plural}", command=self._command)
            try:
                page = decode_page(self.kind.struct, body)
            except ValueError as error:
                raise self._malformed("with something that is no list") from error
            keys |= self._mirror.put_page(page)
            self._mirror.remember(self.kind, page.raw)
            if not page.next:
                break
            params["continue"] = page.next
        self._in_sight(keys, page.resource_version)

    async def _watch(self, *, first: bool, seconds: int = 0) -> None:
        """Take in what changes until the server ends it, after `seconds` or (0) some minutes."""
        params = {"allowWatchBookmarks": "true", "timeoutSeconds": str(seconds or self._rng.randint(*_WATCH_SECONDS))}
        if first:
            params |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        else:
            params["resourceVersion"] = self._version
        what = f"watch {self.kind.plural}"
        async with self._client.watch(self._resource.path(), params, what=what, command=self._command) as lines:
            if first:
                await self._first_events(lines)
            async for line in lines:
                self._take(line)

    async def _first_events(self, lines: AsyncGenerator[bytes, None]) -> None:
        """Take in the streamed list, up to the bookmark that ends it."""
        keys: set[ObjectKey] = set()
        while True:
            try:
                async with asyncio.timeout(_STREAM_PATIENCE):
                    line = await anext(lines)
            except TimeoutError as error:
                raise InvalidError("the server does not say where the first events end") from error
            except StopAsyncIteration as error:
                raise self._malformed("with a list that ended too early") from error
            event = self._event(line)
            if event.type == "BOOKMARK":
                mark = self._mark(event)
                if _INITIAL_END in (mark.annotations or {}):
                    return self._in_sight(keys, mark.resource_version)
            elif event.type == "DELETED":
                keys.discard(self._drop(event))
            else:
                keys.add(self._mirror.put(self.kind, event.object)[0])

    def _take(self, line: bytes) -> None:
        event = self._event(line)
        if event.type == "BOOKMARK":
            self._reached(self._mark(event).resource_version)
        elif event.type == "DELETED":
            self._drop(event)
        elif event.type in ("ADDED", "MODIFIED"):
            self._reached(self._mirror.put(self.kind, event.object)[1])
        else:
            raise self._malformed(f"with an event of type `{event.type[:40]}`")

    def _event(self, line: bytes) -> _Event:
        """One line of the stream. Raises what an ERROR event means: ExpiredError for 410."""
        try:
            event = _EVENT.decode(line)
            if event.type != "ERROR":
                return event
            status = msgspec.json.decode(event.object, type=Status)
        except (ValueError, RecursionError) as error:
            raise self._malformed("with an event that is no JSON") from error
        raise refusal(
            status.code or 500, status, server=self._client.connection.server, what=f"watch {self.kind.plural}", command=self._command
        )

    def _mark(self, event: _Event) -> _MarkMeta:
        try:
            return _MARK.decode(event.object).metadata
        except (ValueError, RecursionError) as error:
            raise self._malformed("with a bookmark that cannot be read") from error

    def _drop(self, event: _Event) -> ObjectKey:
        try:
            meta = _NAMED.decode(event.object).metadata
        except (ValueError, RecursionError) as error:
            # What was deleted is not known, so what is there is not known either.
            self._version = ""
            raise self._malformed("with a deletion that cannot be read") from error
        key: ObjectKey = (self.kind.struct, meta.namespace, meta.name)
        self._mirror.drop(key)
        self._reached(meta.resource_version)
        return key

    def _reached(self, version: str) -> None:
        self._tries = 0
        self._failing_since = None
        if self._version and version:
            self._version = self._mirror.versions[self.kind.resource] = version

    def _in_sight(self, keys: set[ObjectKey], version: str) -> None:
        self._version = version
        self._failing_since = None
        self._mirror.listed(self.kind, keys, version)

    async def _failed(self, error: SteadError) -> timedelta:
        """Say what this failure means, and how long to wait before the next try."""
        if isinstance(error, AbsentError):
            try:
                if await self._discovery.is_absent(self._resource):
                    self._version = ""
                    self._mirror.not_served(self.kind)
                    # A custom kind is followed only while it is defined: it is about to be served, or to be forgotten.
                    return (DEFINED_AGAIN if self.kind.custom else ABSENT_AGAIN) * self._rng.uniform(0.8, 1.2)
            except SteadError as worse:
                error = worse
        now = self._clock.now()
        if self._failing_since is None:
            self._failing_since = now
        blind = blindness(error, self._failing_since, self._command)
        if blind.reason == "Forbidden" and self.kind.by_right and not self._mirror.view.knows(self.kind.struct):
            self._version = ""
            self._mirror.not_covered(self.kind)
            return ABSENT_AGAIN * self._rng.uniform(0.8, 1.2)
        refused = blind.reason in ("Forbidden", "Unauthorized")
        if refused or not self._mirror.view.knows(self.kind.struct) or now - self._failing_since >= GRACE:
            # Read everything again afterwards: that ends the blindness, and nothing that happened meanwhile is missed.
            self._version = ""
            self._mirror.lose(self.kind, blind)
        after = error.retry_after if isinstance(error, TemporaryError) else None
        return max(self._pause(), timedelta(seconds=min(after or 0.0, _LONGEST_PAUSE)))

    def _pause(self) -> timedelta:
        """Longer from try to try, and never the same for two kinds, so that a server that comes back is not run over."""
        if self._clock.now() - self._began >= _GOOD_WATCH:
            self._tries = 0
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._tries, 10))
        self._tries += 1
        return timedelta(seconds=longest * self._rng.uniform(0.5, 1.0))

    def _malformed(self, how: str) -> BlindError:
        server = self._client.connection.server
        return BlindError(f"{server} answered to watch {self.kind.plural} {how}", reason="Malformed", command=self._command)

    @property
    def _command(self) -> str:
        return self._resource.command()
