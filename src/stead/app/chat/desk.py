"""What is known at the desk where people's answers are taken: who they are, how often a stranger was told no, which channel is tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from stead.app.settings import Settings
from stead.domain.inbound import Inbound
from stead.domain.people import Person, person_behind
from stead.store import pairings

QUIET = timedelta(minutes=10)
"""For so long a stranger who was told no is told nothing more."""
MOST_TRIES = 5
"""Codes that one stranger may try within that time, whosesoever they are."""
MOST_STRANGERS = 4096
"""Strangers that are remembered; the oldest is forgotten."""


@dataclass(slots=True)
class _Stranger:
    since: datetime
    told: int = 0
    tries: int = 0


class Strangers:
    """How much of an answer each stranger has had lately. It is forgotten with the process: what matters is counted in the store."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Stranger] = {}

    def may_hear(self, event: Inbound) -> bool:
        """Whether this stranger is to be told no, which is once in a while."""
        stranger = self._of(event)
        stranger.told += 1
        return stranger.told == 1

    def may_try(self, event: Inbound) -> bool:
        """Whether this stranger may try one more code."""
        stranger = self._of(event)
        stranger.tries += 1
        return stranger.tries <= MOST_TRIES

    def _of(self, event: Inbound) -> _Stranger:
        key = (event.channel, event.sender.id)
        found = self._known.pop(key, None)
        if found is None or event.at - found.since >= QUIET:
            found = _Stranger(event.at)
        self._known[key] = found
        if len(self._known) > MOST_STRANGERS:
            del self._known[next(iter(self._known))]
        return found


@dataclass(slots=True)
class Trial:
    """A channel that is being tried with a person: what of it came back so far."""

    channel: str
    delivery: int
    pressed_by: str = ""
    wrote: str = ""
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """`kinds` the kind of each channel by its name · `agents` who answers on it, where that is not the default · `standing()` how all is,
    a line each · `trials` by their nonce."""

    people: Sequence[Person]
    kinds: Mapping[str, str]
    standing: Callable[[sa.Connection], Sequence[str]]
    agents: Mapping[str, str] = field(default_factory=dict[str, str])
    strangers: Strangers = field(default_factory=Strangers)
    trials: dict[str, Trial] = field(default_factory=dict[str, Trial])

    def kind(self, channel: str) -> str:
        return self.kinds.get(channel, channel)

    def person(self, connection: sa.Connection, event: Inbound) -> Person | None:
        """Who sent it: by the configuration, else by a pairing. None for a stranger, and for who is no longer in the configuration."""
        kind = self.kind(event.channel)
        found = person_behind(self.people, event.channel, kind, event.sender.id)
        if found is not None:
            return found
        name = pairings.person_of(connection, kind, event.sender.id)
        return next((person for person in self.people if person.name == name), None)


def desk_of(settings: Settings, standing: Callable[[sa.Connection], Sequence[str]]) -> Desk:
    """The desk of a Stead with these settings."""
    return Desk(
        people=tuple(person.person() for person in settings.people),
        kinds={channel.name: channel.kind for channel in settings.channels},
        agents={channel.name: channel.agent for channel in settings.channels if channel.agent},
        standing=standing,
    )
