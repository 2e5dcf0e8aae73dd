"""Hearing what comes in by the hooks. Whoever sends waits for the commit; those who send at the same time share one.

A commit has the disk's price whatever is in it, so thousands of senders are heard as fast as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stead.engine import hearing
from stead.engine.hearing import Message
from stead.engine.journey import Journey

MOST_AT_ONCE = 500
"""Alerts in one transaction: nobody else writes meanwhile."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    messages: Sequence[Message]
    heard: asyncio.Future[None]


class Ear:
    """Hears for the journey of this moment; `journey` raises UserError while there is none."""

    def __init__(self, journey: Callable[[], Journey]) -> None:
        self._journey = journey
        self._waiting: list[_Request] = []
        self._hearing: asyncio.Task[None] | None = None

    async def hear(self, messages: Sequence[Message]) -> None:
        """Return once all of it is committed. StorageError when it could not be, and then nothing of it was heard."""
        self._journey()
        request = _Request(messages, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear(), name="hearing")
        await request.heard

    async def close(self) -> None:
        """Finish what is being heard."""
        if self._hearing is not None:
            await asyncio.wait({self._hearing})

    async def _hear(self) -> None:
        try:
            while self._waiting:
                batch = self._next()
                try:
                    await self._commit([message for request in batch for message in request.messages])
                except Exception:
                    # One of them may be to blame: each is tried by itself, and hears its own error.
                    await asyncio.gather(*(self._alone(request) for request in batch))
                else:
                    for request in batch:
                        _settle(request)
        finally:
            self._hearing = None

    def _next(self) -> list[_Request]:
        """The first that wait, as many as make one transaction, and at least one."""
        batch: list[_Request] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0].messages) <= MOST_AT_ONCE):
            batch.append(self._waiting.pop(0))
            size += len(batch[-1].messages)
        return batch

    async def _alone(self, request: _Request) -> None:
        try:
            await self._commit(request.messages)
        except Exception as error:
            _settle(request, error)
        else:
            _settle(request)

    async def _commit(self, messages: Sequence[Message]) -> None:
        journey = self._journey()
        # Estates live on this loop, and what they remember is looked at here.
        heard = hearing.understand(journey, messages)
        await journey.store.run(hearing.hear, journey, heard)


def _settle(request: _Request, error: Exception | None = None) -> None:
    if request.heard.done():  # whoever sent it went away; it is heard all the same
        return
    if error is None:
        request.heard.set_result(None)
    else:
        request.heard.set_exception(error)
