"""Calls of models that are under way: broken off as soon as nobody waits for their run any more.

Promise: when a run is ended, or Stead is stopped, the request is closed then and there, and its answer is neither read nor used. What was
written down before stays counted; what the broken call has cost by then only its provider knows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from stead.domain.errors import StorageError
from stead.domain.model import BrokenOffError, ModelRole, ModelSpec
from stead.domain.run import Question, Reply
from stead.ports import Models
from stead.store import runs, switch
from stead.store.database import Store

T = TypeVar("T")

log = structlog.get_logger("stead.engine")


class Calls:
    """Those of this process, by the run that waits for each. Used on one event loop, the one on which models live.

    Whoever ends a run commits that, in whatever way a person said it; so after each commit the runs that wait are looked at, all with one
    question, and one look at a time. While nobody waits, nothing is looked at.
    """

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[Any], int] = {}
        self._broken: dict[asyncio.Task[Any], str] = {}
        self._news = False
        self._look: asyncio.Task[None] | None = None
        self._deaf: Callable[[], None] | None = None

    async def make(self, store: Store, run: int, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `call` comes to. BrokenOffError, with why, when nobody waits for the run any more."""
        task = asyncio.ensure_future(call())
        self._waiting[task] = run
        self._listen(store)
        self._heard(store)  # it may have ended before anybody listened
        try:
            return await task
        except asyncio.CancelledError:
            why, asked = self._broken.get(task), asyncio.current_task()
            if why is None or (asked is not None and asked.cancelling()):
                raise
            raise BrokenOffError(why) from None
        finally:
            del self._waiting[task]
            self._broken.pop(task, None)
            if not self._waiting:
                self._rest()

    def _listen(self, store: Store) -> None:
        if self._deaf is not None:
            return
        loop = asyncio.get_running_loop()

        def committed() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: so is whoever waits
                loop.call_soon_threadsafe(self._heard, store)

        self._deaf = store.listen(committed)

    def _heard(self, store: Store) -> None:
        self._news = True
        if self._look is None and self._waiting:
            self._look = asyncio.ensure_future(self._looks(store))

    async def _looks(self, store: Store) -> None:
        try:
            while self._news:
                self._news = False
                over = await store.look(_over, set(self._waiting.values()))
                for task, run in self._waiting.items():
                    if run in over and not task.done():
                        self._broken[task] = over[run]
                        task.cancel()
        except StorageError as error:  # a disk that is full is told elsewhere; the next commit looks again
            log.warning("whether runs were ended could not be read", error=str(error))
        finally:
            if self._look is asyncio.current_task():
                self._look = None

    def _rest(self) -> None:
        if self._deaf is not None:
            self._deaf()
            self._deaf = None
        if self._look is not None:
            self._look.cancel()
            self._look = None


class Breakable:
    """Models whose call for `run` is broken off when nobody waits for the run any more."""

    def __init__(self, models: Models, calls: Calls, store: Store, run: int) -> None:
        self._models, self._calls, self._store, self._run = models, calls, store, run

    @property
    def specs(self) -> Sequence[ModelSpec]:
        return self._models.specs

    def routed(self, agent: str, goal: str) -> Breakable:
        return Breakable(self._models.routed(agent, goal), self._calls, self._store, self._run)

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:
        """As the models themselves. BrokenOffError when the run was ended meanwhile."""
        return await self._calls.make(self._store, self._run, lambda: self._models.ask(question, role))

    async def close(self) -> None: ...  # they are not its own


def _over(connection: sa.Connection, numbers: Collection[int]) -> dict[int, str]:
    """Those of the runs that nobody waits for any more, and why. Only a run about an incident ends when Stead is stopped."""
    there = runs.standing(connection, numbers)
    stopped = switch.stopped(connection)
    over = {number: "it was deleted" for number in numbers if number not in there}
    for number, run in there.items():
        if run.ending:
            over[number] = run.note or run.ending
        elif run.incident and stopped is not None:
            over[number] = str(stopped)
    return over
