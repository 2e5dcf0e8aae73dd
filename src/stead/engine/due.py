"""The dispatcher: whatever is due by the Clock is claimed and enqueued, in one transaction.

It sleeps until the next row is due, and wakes at every commit, because a commit may have brought something sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.engine import ticking
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import due


async def dispatch(journey: Journey) -> None:
    """Dispatch until cancelled."""
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()
    ignore = journey.store.listen(lambda: _wake(loop, woken))
    try:
        while True:
            woken.clear()
            at = await journey.store.look(due.next_at)
            if at is not None and at <= journey.now():
                await journey.store.run(claim_ready, journey)
            else:
                await _sleep(journey, at, woken)
    finally:
        ignore()


def claim_ready(connection: sa.Connection, journey: Journey) -> int:
    """Claim every row that is due and enqueue its workflow, or have a job tick; how many."""
    rows = [row for row in due.ready(connection, journey.now()) if due.claim(connection, row)]
    begun: list[int] = []
    for row in rows:
        if row.kind != ticking.TICK:
            journey.queue.enqueue(connection, row.kind, row.workflow, row.ref)
        elif (number := ticking.tick(connection, journey, row.ref, row.at)) is not None:
            begun.append(number)
    ticking.together(connection, journey, begun)
    fault_point("due.before-claim-commit")
    return len(rows)


async def _sleep(journey: Journey, at: datetime | None, woken: asyncio.Event) -> None:
    """Until `at` by the Clock, or until something is committed."""
    waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(woken.wait())]
    if at is not None:
        waits.append(asyncio.ensure_future(journey.clock.sleep_until(at)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        # Not each by itself with CancelledError suppressed: that would also swallow the cancellation of this very task.
        await asyncio.gather(*waits, return_exceptions=True)


def _wake(loop: asyncio.AbstractEventLoop, woken: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # The loop is gone: so is whoever would wake.
        loop.call_soon_threadsafe(woken.set)
