"""The spool of failures of units: a folder in the state folder, one file a report, for the time in which nobody listens.

Promise: a report is there whole or not at all, and leaves only after it is stored elsewhere. The folder holds `MOST` at most; of more, the
oldest go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from stead.app.estate_settings import HostEstate
from stead.app.hearing import Ear
from stead.clocks import SystemClock
from stead.domain.alert import Alert
from stead.domain.errors import MalformedError, StorageError
from stead.engine.hearing import Message
from stead.ports import Clock
from stead.sources.systemd import read
from stead.store import alerts
from stead.store.database import Store

FOLDER = "failures"
HOOK = "systemd"
"""The name under which what is spooled is heard."""
MOST = 1000
LARGEST = 64 * 1024
EVERY = timedelta(seconds=5)
LASTS = timedelta(minutes=30)
"""Nobody says that a unit is well again: after this the check `failed_units` alone knows."""

log = structlog.get_logger("stead")


def follower(folder: Path, ear: Ear, store: Store, clock: Clock, estates: Iterable[object]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Follows the spool in the state folder `folder`."""
    return partial(follow, folder / FOLDER, SystemClock(), hearer(ear, store, clock, estates))


def hearer(ear: Ear, store: Store, clock: Clock, estates: Iterable[object]) -> Callable[[Alert], Awaitable[None]]:
    """Hears a report once: one that is known already changes nothing, even when its alert is over. Of the settings of `estates` one may
    be this machine's."""
    here = next((estate.id for estate in estates if isinstance(estate, HostEstate) and estate.ssh is None), "")

    async def hear(alert: Alert) -> None:
        if not await store.look(alerts.some, [(HOOK, alert.key)]):
            await ear.hear([Message(hook=HOOK, alert=replace(alert, until=clock.now() + LASTS), estate=here)])

    return hear


def put(folder: Path, report: str, body: bytes) -> Path:
    """Keep a report; its file. OSError when that cannot be."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in waiting(folder)[: -MOST + 1 or None]:
        old.unlink(missing_ok=True)
    file = folder / f"{report}.json"
    half = folder / f".{report}"
    with half.open("wb") as opened:
        opened.write(body)
        opened.flush()
        os.fsync(opened.fileno())
    half.replace(file)
    return file


def waiting(folder: Path) -> list[Path]:
    """The reports in the folder, oldest first."""

    def written(file: Path) -> float:
        with contextlib.suppress(OSError):
            return file.stat().st_mtime
        return 0.0

    return sorted(folder.glob("*.json"), key=lambda file: (written(file), file.name))


async def follow(folder: Path, clock: Clock, hear: Callable[[Alert], Awaitable[None]]) -> None:
    """Hear what is spooled, at once and whenever something comes, until cancelled. `hear` returns once it is stored.

    `clock` is the wall clock, whatever clock Stead runs on: by that one files come.
    """
    while True:
        for file in await asyncio.to_thread(waiting, folder):
            await _take(file, hear)
        await clock.sleep_until(clock.now() + EVERY)


async def _take(file: Path, hear: Callable[[Alert], Awaitable[None]]) -> None:
    try:
        for alert in read(await asyncio.to_thread(_contents, file), {}):
            await hear(alert)
    except (OSError, StorageError) as error:
        log.warning("a report of a failed unit cannot be taken yet", file=str(file), why=str(error))
    except MalformedError as error:
        log.warning("a file in the spool is no report of a failed unit, and is put aside", file=str(file), why=str(error))
        await asyncio.to_thread(file.replace, file.with_suffix(".bad"))
    else:
        await asyncio.to_thread(file.unlink, missing_ok=True)


def _contents(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)
