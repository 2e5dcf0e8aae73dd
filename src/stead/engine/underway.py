"""What runs of jobs are at work in this process, so that a run that is replaced can be ended at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Underway:
    """Used on one event loop, the one on which estates live."""

    def __init__(self) -> None:
        self._tasks: dict[int, tuple[str, asyncio.Task[Any]]] = {}

    async def run(self, job: str, number: int, work: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """What `work` comes to; None when `stop` ended it."""
        task = asyncio.ensure_future(work())
        self._tasks[number] = (job, task)
        try:
            return await task
        except asyncio.CancelledError:
            asked = asyncio.current_task()
            if asked is not None and asked.cancelling():
                raise
            return None
        finally:
            self._tasks.pop(number, None)

    async def stop(self, job: str, but: int) -> None:
        """End every run of the job but one."""
        ending = [task for number, (name, task) in self._tasks.items() if name == job and number != but]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
