"""The channels that hear are kept listening: one that breaks off is begun again, later and later, and says so meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from stead.domain.errors import PermanentError, StorageError, TemporaryError
from stead.ports import Channel, Clock, Listener, Rereading, Take

log = structlog.get_logger("stead")

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
"""The wait doubles from the first to the longest; one that listened for longer than that begins with the first again."""


@dataclass(slots=True)
class _Ear:
    since: datetime
    why: str = ""


class Listeners:
    """Runs `listen` of each channel that can. `why` of one that does not listen at this moment is what it said last.

    `last(name)` tells when what was taken last from a channel was sent.
    """

    def __init__(
        self, channels: Mapping[str, Channel], clock: Clock, take: Take, last: Callable[[str], Awaitable[datetime | None]]
    ) -> None:
        self._hearing: dict[str, Listener] = {name: channel for name, channel in channels.items() if isinstance(channel, Listener)}
        self._clock = clock
        self._take = take
        self._last = last
        self._ears: dict[str, _Ear] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._hearing)

    async def keep(self, name: str) -> None:
        """Have this channel listen until cancelled."""
        wait = FIRST_WAIT
        while True:
            began = self._clock.now()
            self._ears[name] = _Ear(began)
            why, asked = await self._once(name)
            now = self._clock.now()
            wait = FIRST_WAIT if now - began > LONGEST_WAIT else wait
            pause = max(wait, asked)
            log.warning("a channel does not listen, and is begun again", channel=name, why=why, seconds=pause.total_seconds())
            self._ears[name] = _Ear(now, why)
            await self._clock.sleep_until(now + pause)
            wait = min(wait * 2, LONGEST_WAIT)

    def down(self) -> dict[str, str]:
        """Why each channel that does not listen does not, by name."""
        return {name: ear.why for name, ear in self._ears.items() if ear.why}

    def told(self, name: str) -> dict[str, Any]:
        """Whether it listens, since when, and why not, as JSON."""
        if name not in self._hearing:
            return {"listens": None, "since": None, "why": ""}
        ear = self._ears.get(name)
        return {
            "listens": ear is not None and not ear.why,
            "since": None if ear is None else ear.since.isoformat(),
            "why": "not begun yet" if ear is None else ear.why,
        }

    async def _once(self, name: str) -> tuple[str, timedelta]:
        """Listen until it breaks off: why, and how long the provider wants to be left alone."""
        channel = self._hearing[name]
        try:
            if isinstance(channel, Rereading) and (at := await self._last(name)) is not None:
                channel.go_on_after(at)
            await channel.listen(self._take)
        except TemporaryError as error:
            return str(error), timedelta(seconds=error.retry_after or 0)
        except PermanentError as error:
            return str(error), LONGEST_WAIT
        except StorageError as error:
            return error.what, timedelta(0)
        except Exception as error:
            log.exception("a channel failed for no foreseen reason", channel=name)
            return f"{type(error).__name__}: {error}", timedelta(0)
        return "it stopped listening by itself", timedelta(0)
