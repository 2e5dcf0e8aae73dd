"""Watches: the initial state where it was asked for, then every change, for as long as the client listens.

Promise: no change between the list and the watch is lost; an object that leaves a selector is DELETED, one that enters it
is ADDED. `sendInitialEvents` ends the initial state with the `k8s.io/initial-events-end` bookmark.
Source: `k8s.io/apiserver/pkg/storage/cacher`, KEP-3157 (watch lists).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import msgspec

from stead.practice.api import errors
from stead.practice.api.lists import Filter
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj
from stead.practice.store import Change, Entry, Store, TooOldError

INITIAL_END = "k8s.io/initial-events-end"
_BOOKMARK_SECONDS = 60.0
Encode = Callable[[str, Entry], bytes]
"""Makes the line of an event out of its type and the version of the object."""


class Watch:
    """One client's watch. Make it (which begins to listen at once), iterate `events`, close it."""

    def __init__(self, store: Store, resource: Resource, wanted: Filter, encode: Encode) -> None:
        self._store = store
        self._resource = resource
        self._wanted = wanted
        self._encode = encode
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()
        self._ends = False
        self._stop = store.listen(resource.key, self._on_change)

    def begin_with_state(self) -> None:
        for entry in self._store.entries(self._resource.key, self._wanted.namespace):
            if self._wanted.matches(entry):
                self._waiting.append(self._encode("ADDED", entry))

    def begin_after(self, version: int) -> None:
        """Go on from a version that the client knows; when the log does not reach back that far, say 410 and end.

        Past the checks of a request, what goes wrong is an event of the stream, not its answer (newErrWatcher).
        """
        if version > self._store.version:
            raise errors.timeout()
        try:
            missed = self._store.since(self._resource.key, version)
        except TooOldError:
            self._waiting.append(_error(errors.too_old(version, self._store.version)))
            self._ends = True
            return
        for change in missed:
            self._on_change(change)

    def bookmark(self, *, initial: bool = False) -> None:
        meta: Obj = {"resourceVersion": str(self._store.version)}
        if initial:
            meta["annotations"] = {INITIAL_END: "true"}
        body: Obj = {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": meta}
        self._waiting.append(self._encode("BOOKMARK", Entry(body, self._store.version)))
        self._woken.set()

    def _on_change(self, change: Change) -> None:
        now = change.verb != "DELETED" and self._wanted.matches(change.entry)
        before = change.old is not None and self._wanted.matches(change.old)
        if not now and not before:
            return
        verb = "DELETED" if not now else "MODIFIED" if before else "ADDED"
        entry = change.entry
        if verb == "DELETED" and change.verb != "DELETED" and change.old is not None:
            # It left the selector: the client sees what it knew, under the new version.
            last = change.old.obj
            entry = Entry({**last, "metadata": {**last["metadata"], "resourceVersion": str(change.version)}}, change.version)
        self._waiting.append(self._encode(verb, entry))
        self._woken.set()

    async def events(self, seconds: float, *, bookmarks: bool) -> AsyncIterator[bytes]:
        """Lines for `seconds` of wall time: a client's patience is not the cluster's time."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._ends:
                return
            self._woken.clear()
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(min(left, _BOOKMARK_SECONDS)):
                    await self._woken.wait()
            except TimeoutError:
                if bookmarks and left > _BOOKMARK_SECONDS:
                    self.bookmark()

    def end(self) -> None:
        """The server closes the stream."""
        self._ends = True
        self._woken.set()

    def close(self) -> None:
        with suppress(ValueError):
            self._stop()


def _error(refusal: errors.ApiError) -> bytes:
    return msgspec.json.encode({"type": "ERROR", "object": refusal.status()}) + b"\n"
