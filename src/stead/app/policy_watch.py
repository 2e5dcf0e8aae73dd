"""The policy file while the service runs: a change counts within seconds; a broken one keeps the last good one, and is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from stead.domain.errors import UserError
from stead.domain.policy import Policy
from stead.ports import Clock

EVERY = timedelta(seconds=5)

Stamp = tuple[int, int, int] | None


async def follow(
    file: Path, clock: Clock, load: Callable[[], Policy], use: Callable[[Policy], Awaitable[None]], broken: Callable[[str], Awaitable[None]]
) -> None:
    """Call `use` with the policy whenever the file has changed, or `broken` with why it cannot be read. Until cancelled.

    The file is read once at the beginning: what changed between the start of the service and now is not missed.
    """
    before: Stamp = (0, 0, 0)
    while True:
        now = _stamp(file)
        if now != before:
            before = now
            try:
                policy = load()
            except UserError as error:
                await broken(error.what)
            else:
                await use(policy)
        await clock.sleep_until(clock.now() + EVERY)


def _stamp(file: Path) -> Stamp:
    try:
        about = file.stat()
    except OSError:
        return None
    return (about.st_ino, about.st_mtime_ns, about.st_size)
