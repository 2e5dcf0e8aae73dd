"""Events as they happen (server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html).

Promise: each event once and in order, from where the reader left off; the stream ends with the service.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from stead.app.wiring import Stead

BEAT_EVERY = timedelta(seconds=15)
"""How often a silent stream says that it lives: proxies drop silent connections after 30 to 60 s."""

MOST_STREAMS = 64
"""Streams at a time: each holds a socket and a task."""

PAGE = 500


class Streams:
    """Hands out event streams until `close`."""

    def __init__(self, stead: Stead) -> None:
        self.stead = stead
        self.open = 0
        self.closing = asyncio.Event()

    def close(self) -> None:
        self.closing.set()

    @property
    def full(self) -> bool:
        return self.open >= MOST_STREAMS

    async def events(self, after: int, run: str = "") -> AsyncIterator[bytes]:
        """The stream of all events with a greater `seq`, or of those of one run."""
        self.open += 1
        try:
            yield b"retry: 1000\n\n"
            while not self.closing.is_set():
                page = await self.stead.events(after, PAGE)
                for event in page:
                    after = int(event["seq"])
                    if not run or event["run"] == run:
                        yield _framed(event)
                if not page and not await self.news(after):
                    yield b": still here\n\n"
        finally:
            self.open -= 1

    async def news(self, after: int) -> bool:
        """Wait for an event, a heartbeat's time or the end; True when there is something to look at."""
        clock = self.stead.clock
        event = asyncio.ensure_future(self.stead.wait_for_events(after))
        waits = (event, asyncio.ensure_future(self.closing.wait()), asyncio.ensure_future(clock.sleep_until(clock.now() + BEAT_EVERY)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return event.done() or self.closing.is_set()
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _framed(event: dict[str, Any]) -> bytes:
    return f"id: {event['seq']}\nevent: {event['name']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
