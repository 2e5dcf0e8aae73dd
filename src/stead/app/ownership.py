"""Being the one process that works on a state folder and its database, for as long as it runs."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path

import structlog

from stead.clocks import SystemClock
from stead.store import lease
from stead.store.database import Store

log = structlog.get_logger("stead")


class Ownership:
    """`lock` and `take_lease` before anything else, `release` at the end. `lost` is set when another has taken over meanwhile: a process
    that was stopped and continued, or a machine that slept, finds its lease run out and taken, and writes nothing from then on.

    Runs on the wall clock, whatever clock Stead itself runs on: two processes have only that one in common.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self._lock = lease.FolderLock(folder)
        self._store = store
        self._who = lease.holder(folder)
        self._clock = SystemClock()
        self._keeping: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    def lock(self) -> None:
        """Take the folder. UserError when another process has it."""
        self._lock.take()

    async def take_lease(self) -> None:
        """Take the database's lease, waiting out that of an owner who died elsewhere, and say so."""
        while True:
            until = await self._store.run(lease.take, self._who, self._clock.now())
            if until is None:
                break
            left = (until - self._clock.now()).total_seconds()
            log.warning("another process held this database a moment ago; waiting until its lease has run out", seconds=round(left, 1))
            await self._clock.sleep_until(until)
        self._store.fence = partial(lease.still_held, who=self._who)
        self._keeping = asyncio.create_task(self._keep(), name="lease")

    async def _keep(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + lease.RENEW_EVERY)
            try:
                await self._store.run(lease.take, self._who, self._clock.now())
            except lease.LostError as error:
                log.warning("this process ends", why=error.what)
                self.lost.set()
                return
            except Exception as error:  # A full disk must not end the service: the next renewal is 3 s away.
                log.warning("the lease could not be renewed", error=type(error).__name__)

    async def release(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
            self._keeping = None
            self._store.fence = None
            with contextlib.suppress(Exception):
                await self._store.run(lease.release, self._who)
        self._lock.release()
