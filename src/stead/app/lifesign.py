"""A sign of life to somebody else, who notices when it stays out: sent only while everything really works.

Works means: Stead runs, its database takes a write, what is due is done, something of each estate can be seen, and not every channel
refuses what is to be said. What is wrong is in the log; the silence is for those outside.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, Protocol

import sqlalchemy as sa
import structlog
from pydantic import Field, field_validator

from stead.app.durations import Duration
from stead.app.sections import Section
from stead.domain.errors import SteadError
from stead.estate.kubernetes.blindness import SERVER
from stead.estate.timed import REACH
from stead.ports import Channel, Clock, Estate
from stead.secrets import SecretRef
from stead.store import deliveries, due, findings, lease
from stead.store.database import Store

log = structlog.get_logger("stead.lifesign")

LATE = timedelta(minutes=2)
"""What is due is begun within a second; this late, nobody begins it any more."""

TIMEOUT = 10
"""Seconds that whoever listens may take to answer."""


class LifesignSettings(Section):
    """Where to say, again and again, that Stead works: whoever listens there notices when it does not."""

    url: SecretRef = Field(description="Where the address lies, since whoever knows it can speak for Stead: `env:HEARTBEAT_URL`.")
    every: Duration = Field(default=timedelta(minutes=1), description="How often. Whoever listens should wait for two or three of them.")
    method: Literal["GET", "POST"] = Field(default="GET", description="`GET`, or `POST` without a body.")

    @field_validator("every")
    @classmethod
    def _not_too_often(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=10):
            raise ValueError("is shorter than 10s; write 1m")
        return value


async def follow(settings: LifesignSettings, clock: Clock, wrong: Callable[[], Awaitable[str]]) -> None:
    """Send the sign while `wrong()` says nothing. Until cancelled."""
    before = ""
    while True:
        why = await wrong() or await _send(settings)
        if why and why != before:
            log.warning("no sign of life is sent", why=why)
        before = why
        await clock.sleep_until(clock.now() + settings.every)


class Service(Protocol):
    """What is looked at: the running service."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def estates(self) -> Mapping[str, Estate]: ...
    @property
    def channels(self) -> Mapping[str, Channel]: ...
    @property
    def ready(self) -> bool: ...


async def watch(settings: LifesignSettings, service: Service) -> None:
    """Send the sign while the service works. Until cancelled."""
    await follow(settings, service.clock, partial(look, service))


async def look(service: Service) -> str:
    """Why nobody should be told that Stead works; "" where it does."""
    if not service.ready:
        return "a part of the service does not run"
    try:
        return await service.store.run(wrong, service.clock.now(), tuple(service.estates), tuple(service.channels))
    except SteadError as error:
        return f"the database takes no write: {error}"


def wrong(connection: sa.Connection, now: datetime, estates: Iterable[str], channels: Iterable[str]) -> str:
    """Why no sign is to be sent; "" while all is well. Writes, so that a database that takes nothing is found out."""
    lease.touch(connection)
    at = due.next_at(connection)
    if at is not None and at < now - LATE:
        return f"what was due at {at:%H:%M:%S} UTC has not begun"
    for estate in estates:
        for stored in findings.open_findings(connection, estate).values():
            if stored.finding.check == REACH or stored.finding.subject.name == SERVER:
                return f"nothing of {estate} can be seen: {stored.finding.summary}"
    names = list(channels)
    if names and all(deliveries.failing(connection, name) for name in names):
        return "no channel takes what is to be said"
    return ""


async def _send(settings: LifesignSettings) -> str:
    """Why it did not arrive; "" where it did. Never the address: whoever knows it can speak for Stead."""
    import aiohttp

    try:
        limits = aiohttp.ClientTimeout(total=TIMEOUT)
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.request(settings.method, settings.url.resolve(), allow_redirects=False) as response,
        ):
            return "" if response.status < 300 else f"{settings.url} answered {response.status}"
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return f"{settings.url} could not be reached ({type(error).__name__})"
    except SteadError as error:
        return str(error)
