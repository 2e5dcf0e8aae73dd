"""The durable engine under Stead: how it is started and stopped, what it writes down, and how a step is run once.

Every trap that it is known to have is closed here: a pinned application version, a stable executor id, JSON instead of pickle, launch
off the event loop, finished work deleted by ourselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from dbos import DBOS, Serializer

from stead.clocks import SystemClock
from stead.domain.errors import PermanentError
from stead.engine.bell import Bell
from stead.store.database import Store
from stead.store.queue import APPLICATION, QUEUE, VERSION

T = TypeVar("T")

EXECUTOR = "stead-1"
"""Stable, so that work pending at a crash is this node's own to recover. A second process with it is refused by the lease."""

WORKERS = 64
"""Workflows at once. Draining a queue on SQLite: 36 a second at 8 workers, 172 at 64 (measured for 0.2 s polling)."""

POLLING_SECONDS = 0.2
"""How often the queue looks for work of which it was not told: what a crash left, and what waits for a worker to be free."""
_LISTENING_SECONDS = 0.05
"""On SQLite the engine sleeps so long between two looks for notifications; there are none here, and a stop waits until it wakes."""
STOP_WITHIN = timedelta(seconds=2)
_LOOK_EVERY = timedelta(milliseconds=20)
_HANDED_OUT = timedelta(seconds=1)
"""How long a queue that was told to stop may need at most to hand out what it has claimed."""
_DELETE_AT_ONCE = 500


class JournalSerializer(Serializer):
    """Plain JSON values and errors, nothing else: a row of the database can be read by a person and can never run code."""

    def name(self) -> str:
        return "stead_json_1"

    def serialize(self, data: Any) -> str:
        """The value, or what is left of an error: its kind and its text. TypeError for what is not plain JSON."""
        if isinstance(data, BaseException):
            return json.dumps({"error": [type(data).__name__, str(data)]})
        return json.dumps({"value": data}, default=_refuse, allow_nan=False, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        held = json.loads(serialized_data)
        if "error" in held:
            kind, text = held["error"]
            return PermanentError(f"{kind}: {text}")
        return held["value"]


def _refuse(value: object) -> None:
    raise TypeError(f"a {type(value).__name__} may not be written to the journal: give it as plain JSON values")


async def launch(store: Store) -> None:
    """Start the durable engine on the store's database, recover what a crash left pending, and begin to take work."""
    logging.getLogger("dbos").setLevel(logging.ERROR)
    _log_where_it_is_read()
    engine = DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": _engine_url(store),
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "log_level": "ERROR",
            "serializer": JournalSerializer(),
            "enable_patching": True,
            "max_executor_threads": WORKERS,
            "notification_listener_polling_interval_sec": _LISTENING_SECONDS,
        }
    )
    engine.background_thread_stop_events = _Stops()
    # In a thread: launched on the event loop the engine would run workflows there, and one that blocks would stall every watch. And by
    # the calls that are not async: those give the loop at hand the engine's thread pool, which ends with the engine and not the loop.
    await asyncio.to_thread(DBOS.launch)
    _running[:] = [engine]


_CONSOLE = "__dbos_console_log_handler__"
"""dbos/_logger.py"""


def _log_where_it_is_read() -> None:
    """The engine's log goes to what was `sys.stderr` when it was imported, which may be closed by the time the next one is made."""
    for handler in logging.getLogger("dbos").handlers:
        if isinstance(handler, logging.StreamHandler) and handler.name == _CONSOLE:
            handler.stream = sys.__stderr__


class _Stops(list[threading.Event]):
    """What the engine's threads are stopped by. Each is told here just before its thread is started, which is the time to prepare it:
    a queue that is registered after the launch is found a second later."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.Lock()

    def append(self, stop: threading.Event) -> None:
        with self._turn:
            if not self:
                DBOS.register_queue(QUEUE, worker_concurrency=WORKERS, polling_interval_sec=POLLING_SECONDS)
            _bell.hang_on(stop)
            super().append(stop)


_QUEUE_THREAD = f"queue-worker-{QUEUE}"
_bell = Bell(_QUEUE_THREAD)


def look_now() -> None:
    """Something was enqueued, and that is committed: have the queue look now."""
    _bell.ring()


_running: list[DBOS] = []
_at_work: set[str] = set()
"""Ids of the workflows that run at this moment."""


@contextlib.contextmanager
def at_work(workflow_id: str) -> Generator[None]:
    """Marks a workflow as running, so that a stop can let it finish."""
    _at_work.add(workflow_id)
    try:
        yield
    finally:
        _at_work.discard(workflow_id)


async def stop() -> None:
    """Take no more work, let what runs finish for at most 2 s, and stop: what was cut short is resumed by the next start.

    The engine would close its event loop while its queue still hands out work to it, and its own waiting looks once a second.
    """
    clock = SystemClock()
    for event in (event for engine in _running for event in engine.background_thread_stop_events):
        event.set()
    _bell.ring()
    _running.clear()
    until = clock.now() + STOP_WITHIN
    await asyncio.to_thread(_wait_for_queue)
    while _at_work and clock.now() < until:
        await clock.sleep_until(clock.now() + _LOOK_EVERY)
    await asyncio.to_thread(DBOS.destroy)


def _wait_for_queue() -> None:
    for thread in threading.enumerate():
        # One that is not started yet has no ident, cannot be joined, and will see that it is to stop.
        if thread.name == _QUEUE_THREAD and thread.ident is not None:
            thread.join(_HANDED_OUT.total_seconds())


async def once(name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work` as one step of the workflow at hand: after a crash its written result is used, and `work` is not run again.

    `work` returns plain JSON values, and must itself stand being run twice: a crash may fall between its end and the writing.
    """

    async def step() -> T:  # The engine awaits only what it sees to be a coroutine function, which a lambda is not.
        return await work()

    return await DBOS.run_step_async({"name": name}, step)


async def changed(name: str) -> bool:
    """Whether the workflow at hand goes by its steps as they are since the change of that name.

    One that was under way before an upgrade goes on by those with which it began: the engine knows them by their order (DBOS.patch).
    To be asked where the workflow does nothing else at that moment.
    """
    return await DBOS.patch_async(name)


def forget_finished(before: datetime) -> int:
    """Delete finished workflows that ended before then, by the wall clock, with their steps; the count. The engine does not by itself."""
    total = 0
    while True:
        finished = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before.isoformat(),
            limit=_DELETE_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if not finished:
            return total
        DBOS.delete_workflows([workflow.workflow_id for workflow in finished])
        total += len(finished)


def _engine_url(store: Store) -> str:
    """The same database as the application's tables: an enqueue and what makes it necessary are one transaction."""
    url = store.engine.url.render_as_string(hide_password=False)
    return url.replace("postgresql+psycopg://", "postgresql://")
