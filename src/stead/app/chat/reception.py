"""Where people's answers come in: the channels that hear, and the desk at which what they bring is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.app.chat import standing
from stead.app.chat.desk import desk_of
from stead.app.chat.take import take
from stead.app.chat.taking_over import take_over
from stead.app.listeners import Listeners
from stead.app.settings import Settings
from stead.domain.inbound import Inbound
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.ports import Channel, Clock
from stead.store import inbounds

Change = Callable[..., Awaitable[Any]]
"""Runs one transaction of the service, and says what it said."""


class Reception:
    """`change` runs a transaction, `ready` says whether the service is, `estates` are those that it watches."""

    def __init__(
        self,
        settings: Settings,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        estates: Collection[str],
        change: Change,
        ready: Callable[[], bool],
    ) -> None:
        self.desk = desk_of(settings, self._standing)
        self.listeners = Listeners(channels, clock, self.hear, self.last)
        self._estates, self._change, self._ready = estates, change, ready

    async def hear(self, event: Inbound) -> str:
        """Take what came in by a channel: what to say to whoever sent it, once all of it is committed."""
        answer = str(await self._change(take, event, self.desk))
        fault_point("take.before-acknowledgement")
        return answer

    async def last(self, channel: str) -> datetime | None:
        """When what was taken last from this channel was sent; None where nothing was."""
        found: datetime | None = await self._change(_last, channel)
        return found

    def take_over(self, connection: sa.Connection, journey: Journey) -> None:
        """At the start: named channels go on with what those of the environment had begun."""
        take_over(connection, journey, self.desk.kinds)

    def _standing(self, connection: sa.Connection) -> Sequence[str]:
        return standing.lines(connection, estates=self._estates, ready=self._ready(), deaf=self.listeners.down())


def _last(connection: sa.Connection, _: Journey, channel: str) -> datetime | None:
    return inbounds.last_at(connection, channel)
