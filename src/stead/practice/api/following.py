"""`pods/log?follow=true`: the lines of a container's run as it writes them, until that run ends.

Promise: the lines are taken in the moment of each change of the pod, so the last ones before the end are not lost; what is written
while the pod does not change comes within a second of the cluster's time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from stead.practice.objects import Key, Obj, each, inside, key_of, uid_of
from stead.practice.store import Change
from stead.practice.world import World

_LOOK_EVERY = timedelta(seconds=1)


class Follow:
    """One client that follows. `read` gives all lines of the current run. Iterate `lines`, then close it."""

    def __init__(self, world: World, pod: Obj, container: str, read: Callable[[Obj], list[str] | None]) -> None:
        self._world = world
        self._container = container
        self._read = read
        self._key: Key = key_of(pod)
        self._uid = uid_of(pod)
        self._run = _running(pod, container)
        self._taken = len(read(pod) or ())
        self._waiting: deque[str] = deque()
        self._woken = asyncio.Event()
        self._ends = not self._run
        self._stop = world.store.listen("pods", self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.key == self._key and not self._ends:
            self._take(change.obj)
            self._ends = self._ends or change.verb == "DELETED" or _running(change.obj, self._container) != self._run
            self._woken.set()

    def _take(self, pod: Obj) -> None:
        if uid_of(pod) != self._uid or _status(pod, self._container).get("containerID", self._run) != self._run:
            self._ends = True  # another run, or another pod: its lines are not ours
            return
        lines = self._read(pod) or []
        self._waiting.extend(lines[self._taken :])
        self._taken = max(self._taken, len(lines))

    async def lines(self) -> AsyncIterator[str]:
        """Every line that is written from now on, with its time in front."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._ends:
                return
            self._woken.clear()
            await self._world.engine.wait(self._woken, _LOOK_EVERY)
            pod = self._world.store.get("pods", *self._key)
            if pod is not None and not self._ends:
                self._take(pod)

    def end(self) -> None:
        """The server closes the stream."""
        self._ends = True
        self._woken.set()

    def close(self) -> None:
        self._stop()


def _status(pod: Obj, container: str) -> Obj:
    statuses = [*each(pod, "status", "initContainerStatuses"), *each(pod, "status", "containerStatuses")]
    none: Obj = {}
    return next((item for item in statuses if item["name"] == container), none)


def _running(pod: Obj, container: str) -> str:
    """The id of the container's run; empty when it does not run."""
    status = _status(pod, container)
    return status.get("containerID", "") if inside(status, "state").get("running") is not None else ""
