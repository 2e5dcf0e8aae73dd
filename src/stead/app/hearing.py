"""Hearing what comes in by the hooks. Whoever sends waits for the commit of the inbox; those who send at the same time share one.

A commit has the disk's price whatever is in it, so thousands of senders are answered as fast as one, and none of them waits for the work
that their words bring. That begins when the inbox is handed over, in the order in which it came, as much at once as there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import ParamSpec, TypeVar

import structlog
from sqlalchemy import exc

from stead.clocks import SystemClock
from stead.domain.errors import SteadError
from stead.engine import hearing
from stead.engine.faults import fault_point
from stead.engine.hearing import Message
from stead.engine.journey import Journey
from stead.store.alerts import Heard
from stead.store.inbox import Entry, Inbox

P = ParamSpec("P")
T = TypeVar("T")

REST = 2
"""How many times as long as one hand-over took the next one waits: what comes meanwhile costs little more together than one of it alone,
and whoever sends is answered in between."""
LONGEST_REST = timedelta(seconds=1)

log = structlog.get_logger("stead")


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    heard: Sequence[Heard]
    kept: asyncio.Future[None]


class Ear:
    """Hears for the journey of this moment; `journey` raises UserError while there is none."""

    def __init__(self, journey: Callable[[], Journey], inbox: Inbox) -> None:
        self._journey = journey
        self._inbox = inbox
        self._clock = SystemClock()  # Whatever clock Stead runs on, this is about the processor's time.
        self._rests_until = self._clock.now()
        # Of its own: in the loop's pool it would stand in line behind those who wait for the one writer.
        self._thread = ThreadPoolExecutor(1, "inbox")
        self._requests: list[_Request] = []
        self._keeping: asyncio.Task[None] | None = None
        self._came = asyncio.Event()
        self._behind = False

    @property
    def idle(self) -> bool:
        """Whether everything that was said has been handed over."""
        return not self._behind

    async def open(self) -> None:
        """Hand over what an earlier process left."""
        await self._aside(self._inbox.open)
        await self._hand_over()

    async def hear(self, messages: Sequence[Message]) -> None:
        """Return once all of it is committed. StorageError when it could not be, and then nothing of it was heard."""
        # Estates live on this loop, and what they remember is looked at here.
        heard = hearing.understand(self._journey(), messages)
        if not heard:
            return
        request = _Request(heard, asyncio.get_running_loop().create_future())
        self._behind = True
        self._requests.append(request)
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep(), name="inbox")
        await request.kept

    async def follow(self) -> None:
        """Hand over what comes, until cancelled."""
        while True:
            await self._hand_over()
            await self._came.wait()

    async def close(self) -> None:
        """Keep what is being said. What is not handed over waits for the next start."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})
        self._thread.shutdown()
        self._inbox.close()

    async def _keep(self) -> None:
        try:
            while self._requests:
                batch, self._requests = self._requests, []
                try:
                    await self._aside(self._inbox.put, [request.heard for request in batch])
                except Exception as error:
                    self._settle(batch, error)
                else:
                    fault_point("inbox.before-answer")
                    self._settle(batch)
                self._came.set()
        finally:
            self._keeping = None

    def _settle(self, batch: Sequence[_Request], error: Exception | None = None) -> None:
        for request in batch:
            if request.kept.done():  # whoever sent it went away; it is heard all the same
                continue
            if error is None:
                request.kept.set_result(None)
            else:
                request.kept.set_exception(error)

    async def _hand_over(self) -> None:
        while True:
            self._came.clear()
            entries = await asyncio.to_thread(self._inbox.waiting)
            if entries and self._rests_until > self._clock.now():
                await self._clock.sleep_until(self._rests_until)
                entries = await asyncio.to_thread(self._inbox.waiting)
            if entries:
                begun = self._clock.now()
                await self._take(entries)
                ended = self._clock.now()
                self._rests_until = ended + min((ended - begun) * REST, LONGEST_REST)
            elif not self._requests and self._keeping is None:
                self._behind = False
                return
            elif not self._came.is_set():
                return

    async def _take(self, entries: Sequence[Entry]) -> None:
        journey = self._journey()
        try:
            await journey.store.run(hearing.take, journey, self._inbox, entries)
        except (SteadError, exc.OperationalError, exc.InterfaceError):
            raise  # The database is to blame, and all of it waits.
        except Exception as error:
            if len(entries) > 1:
                for entry in entries:
                    await self._take([entry])
                return
            log.exception("what came in by a hook cannot be heard: it is kept, and tried again at the next start", entry=entries[0].id)
            await self._aside(self._inbox.set_aside, entries[0], repr(error))
        else:
            await self._aside(self._drop, entries)

    def _drop(self, entries: Sequence[Entry]) -> None:
        fault_point("inbox.before-drop")
        self._inbox.drop(entries)

    async def _aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
