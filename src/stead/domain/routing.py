"""Who is told what: a tree of routes, as Alertmanager's users know it (https://prometheus.io/docs/alerting/latest/configuration/#route).

An incident enters at the root. Of the routes below the one that it is in, the first that matches takes it further, and the next ones only
where that one says `continue`; where none matches it stays. What a route does not say it has from the one above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from stead.domain.delivery import Message
from stead.domain.finding import Finding
from stead.domain.incident import Incident
from stead.domain.keeping import Habits
from stead.domain.matching import Matchers
from stead.domain.muting import labels_of

SOURCE = "source"
"""The label that says who found it: `stead`, or the hook by which it was heard."""
ABOUT = "about"
"""The label that says what a message is about: `incident`, or what is no incident (`policy`, `audit`, `adoption`)."""
ROUTE_LABELS = (SOURCE, ABOUT)
"""What routes may match beyond what mutes may."""

INCIDENT = "incident"


def incident_labels(incident: Incident, cause: Finding | None) -> Mapping[str, str]:
    """An incident as routes see it: the labels of its cause, with the severity of the whole."""
    found: Mapping[str, str] = {} if cause is None else labels_of(cause)
    source = cause.check.partition("/")[0] if cause is not None and cause.heard else "stead"
    return {**found, "estate": incident.estate, "severity": incident.severity.value, SOURCE: source, ABOUT: INCIDENT}


def other_labels(about: str, message: Message, estate: str = "") -> Mapping[str, str]:
    """What is said about no single incident, as routes see it; `about` is its first word (`policy`, `audit`)."""
    return {"estate": estate, "severity": message.severity.value, SOURCE: "stead", ABOUT: about}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """`group_wait` before the first word · `group_interval` between two edits of it · `repeat_interval` until it is said once more.

    None: as the route above; at the root, as `timing` says, and nothing is said once more.
    """

    group_wait: timedelta | None = None
    group_interval: timedelta | None = None
    repeat_interval: timedelta | None = None

    def under(self, above: Waits) -> Waits:
        return Waits(
            group_wait=_first(self.group_wait, above.group_wait),
            group_interval=_first(self.group_interval, above.group_interval),
            repeat_interval=_first(self.repeat_interval, above.repeat_interval),
        )

    def sooner(self, other: Waits) -> Waits:
        """Of two routes that lead to one channel, the one that has less patience."""
        return Waits(
            group_wait=_least(self.group_wait, other.group_wait),
            group_interval=_least(self.group_interval, other.group_interval),
            repeat_interval=_least(self.repeat_interval, other.repeat_interval),
        )


def _first(own: timedelta | None, above: timedelta | None) -> timedelta | None:
    return above if own is None else own


def _least(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    return min((wait for wait in (one, other) if wait is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`matchers` None matches everything; no `receivers` means those of the route above. `goes_on` is Alertmanager's `continue`."""

    matchers: Matchers | None = None
    receivers: tuple[str, ...] = ()
    goes_on: bool = False
    waits: Waits = field(default_factory=Waits)
    routes: tuple[Route, ...] = ()

    def find(self, labels: Mapping[str, str]) -> tuple[Taken, ...]:
        """Where what has these labels ends up: at least one place for a root that matches everything."""
        return tuple(self._find(labels, Taken(path=(), receivers=(), waits=Waits())))

    def _find(self, labels: Mapping[str, str], above: Taken) -> Iterator[Taken]:
        if self.matchers is not None and not self.matchers.match(labels):
            return
        here = self._here(above)
        found = False
        for route in self.routes:
            taken = tuple(route._find(labels, here))
            yield from taken
            found = found or bool(taken)
            if taken and not route.goes_on:
                return
        if not found:
            yield here

    def _here(self, above: Taken) -> Taken:
        path = (*above.path, str(self.matchers or "everything"))
        return Taken(path=path, receivers=self.receivers or above.receivers, waits=self.waits.under(above.waits))

    def every(self, above: Taken | None = None) -> Iterator[tuple[Taken, bool]]:
        """Each route of the tree, from the top, with what it has from above, and whether it says `continue`."""
        here = self._here(above or Taken(path=(), receivers=(), waits=Waits()))
        yield here, self.goes_on
        for route in self.routes:
            yield from route.every(here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A route that was taken: `path` is what matched, from the root's `everything` down."""

    path: tuple[str, ...]
    receivers: tuple[str, ...]
    waits: Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody to tell, by these channels."""

    name: str
    channels: tuple[str, ...]
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What leads to one channel: the receivers behind it, and the waits of the most impatient of the routes."""

    channel: str
    receivers: tuple[Receiver, ...] = ()
    waits: Waits = field(default_factory=Waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The tree and its receivers. A channel is a receiver of its own name. Without a tree everybody is told everything."""

    root: Route | None = None
    receivers: Mapping[str, Receiver] = field(default_factory=dict[str, Receiver])

    def plans(self, labels: Mapping[str, str], channels: Sequence[str]) -> Mapping[str, Plan]:
        """By which of `channels` what has these labels is told."""
        plans: dict[str, Plan] = {}
        for taken in (self.root or Route()).find(labels):
            for receiver in self.named(taken.receivers, channels):
                for channel in receiver.channels:
                    before = plans.get(channel)
                    plans[channel] = _joined(before, channel, receiver, taken.waits)
        return {channel: plans[channel] for channel in channels if channel in plans}

    def named(self, names: Sequence[str], channels: Sequence[str]) -> Iterator[Receiver]:
        """The receivers of these names; of no names, one for each channel."""
        for name in names or channels:
            yield self.receivers.get(name) or Receiver(name=name, channels=(name,))


def _joined(before: Plan | None, channel: str, receiver: Receiver, waits: Waits) -> Plan:
    if before is None:
        return Plan(channel=channel, receivers=(receiver,), waits=waits)
    receivers = before.receivers if receiver in before.receivers else (*before.receivers, receiver)
    return Plan(channel=channel, receivers=receivers, waits=before.waits.sooner(waits))
