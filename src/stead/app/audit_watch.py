"""A head of the audit chain is signed every hour in which something was added, and sent out once a day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from stead.app.audit_heads import Heads
from stead.domain.audit import Head
from stead.ports import Clock

EVERY = timedelta(hours=1)
SENT = timedelta(days=1)


async def follow(heads: Heads, clock: Clock, end: Callable[[], Awaitable[Head | None]], send: Callable[[Head], Awaitable[None]]) -> None:
    """Sign what is new since the last head; a day after the start, and then each day, send one out. Until cancelled."""
    due = clock.now() + SENT
    while True:
        head = await end()
        if head is not None and head.seq > heads.last():
            heads.sign(head)
        if head is not None and clock.now() >= due:
            due = clock.now() + SENT
            await send(head)
        await clock.sleep_until(clock.now() + EVERY)
