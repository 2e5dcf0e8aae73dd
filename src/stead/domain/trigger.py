"""Anything that starts work. A Trigger carries a batch, so that a storm is one piece of work and not ten thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.finding import Finding


class Change(StrEnum):
    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A finding that opened, changed, or fell quiet. Only transitions are stored; a steady state writes nothing."""

    change: Change
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What an estate's checks saw in one pass: findings that are new or differ, and fingerprints that are no longer there.

    `complete` marks a pass in which `seen` is everything (the first after a start, and the first after sight of something came back): what
    the store holds and it lacks has gone, unless one of `blind_checks` would have had to see it, or it is about one of `unseen`: kinds
    (group, name) that the estate's identity may not read.
    """

    estate: str
    at: datetime
    seen: tuple[Finding, ...] = ()
    gone: tuple[str, ...] = ()
    complete: bool = False
    blind_checks: frozenset[str] = frozenset()
    unseen: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """`id` makes receiving it twice harmless: the second one is the first."""

    id: str
    estate: str
    at: datetime
    transitions: tuple[Transition, ...]
