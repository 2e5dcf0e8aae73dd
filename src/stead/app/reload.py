"""Checks in folders of one's own come, change and go while the service runs: seen here, loaded by whoever is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from pathlib import Path

from stead.ports import Clock

EVERY = timedelta(seconds=10)
"""How often the folders are looked at: soon enough for who is writing a check, and nothing to a disk."""

Stamp = dict[str, tuple[int, int, int]]


async def follow(folders: Iterable[Path], clock: Clock, reload: Callable[[], Awaitable[None]]) -> None:
    """Call `reload` whenever a Python file or a file of rules in these folders is new, differs, or is gone. Until cancelled."""
    places = tuple(folders)
    before = stamp(places)
    while True:
        await clock.sleep_until(clock.now() + EVERY)
        now = stamp(places)
        if now != before:
            await reload()
            before = now


def stamp(folders: Iterable[Path]) -> Stamp:
    """What tells two states of the folders apart, without reading a file."""
    found: Stamp = {}
    for folder in folders:
        for file in (*folder.glob("*.py"), *folder.glob("*.yaml")):
            try:
                about = file.stat()
            except OSError:
                continue
            found[str(file)] = (about.st_ino, about.st_mtime_ns, about.st_mode)
    return found
