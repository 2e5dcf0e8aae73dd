"""Events of one object, folded: what was said, how often, from when to when. Pure.

Both forms that the API has are read: core/v1 (`involvedObject`, `message`, `count`) and events.k8s.io/v1 (`regarding`, `note`, `series`),
https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from stead.domain.evidence import Evidence
from stead.domain.logs.lines import clean
from stead.domain.logs.templates import template
from stead.estate.kubernetes.slices.meta import Slice, Time

MOST_FOLDED = 4
"""Different things that events say of one object and that a person still reads."""
LONGEST = 400
"""Characters of one event's message. The API allows 1024."""


About = tuple[str, str, str]
"""(kind, namespace, name) of what an event is about."""


class _Reference(Slice, frozen=True):
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class _Series(Slice, frozen=True):
    count: int | None = None
    last_observed_time: Time | None = None


class _Meta(Slice, frozen=True):
    creation_timestamp: Time | None = None


class Event(Slice, frozen=True):
    """An Event of either API; a field that the other one has is None."""

    metadata: _Meta | None = None
    involved_object: _Reference | None = None
    regarding: _Reference | None = None
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    note: str | None = None
    count: int | None = None
    deprecated_count: int | None = None
    series: _Series | None = None
    first_timestamp: Time | None = None
    last_timestamp: Time | None = None
    deprecated_first_timestamp: Time | None = None
    deprecated_last_timestamp: Time | None = None
    event_time: Time | None = None

    @property
    def about(self) -> About:
        found = self.involved_object or self.regarding or _Reference()
        return (found.kind or "", found.namespace or "", found.name or "")

    @property
    def said(self) -> str:
        return self.message or self.note or ""

    @property
    def times(self) -> int:
        return max(1, self.count or 0, self.deprecated_count or 0, (self.series.count or 0) if self.series else 0)

    @property
    def first(self) -> datetime | None:
        made = self.metadata.creation_timestamp if self.metadata else None
        return self.first_timestamp or self.deprecated_first_timestamp or self.event_time or made

    @property
    def last(self) -> datetime | None:
        again = self.series.last_observed_time if self.series else None
        return again or self.last_timestamp or self.deprecated_last_timestamp or self.event_time or self.first


class _List(Slice, frozen=True):
    items: tuple[msgspec.Raw, ...] | None = None


_EVENT: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_LIST: msgspec.json.Decoder[_List] = msgspec.json.Decoder(_List)


def read_event(raw: bytes | memoryview | msgspec.Raw) -> Event | None:
    """One event; None for what cannot be read: events are hints, and an odd one is passed over."""
    try:
        return _EVENT.decode(raw)
    except (ValueError, RecursionError):
        return None


def read_events(raw: bytes) -> tuple[Event, ...]:
    """The events of a list. Raises ValueError for what is no list."""
    try:
        items = _LIST.decode(raw).items or ()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return tuple(event for event in map(read_event, items) if event is not None)


@dataclass(frozen=True, slots=True)
class Folded:
    """One thing that was said `count` times between `first` and `last`: the newest wording of it, cleaned and redacted."""

    reason: str
    message: str
    count: int
    first: datetime | None
    last: datetime | None

    def __str__(self) -> str:
        times = f" ×{self.count}" if self.count > 1 else ""
        return f"{self.reason}{times}{_when(self.first, self.last)}: {self.message}"


def fold(events: Iterable[Event]) -> tuple[Folded, ...]:
    """What warnings say, newest first; those that differ only in numbers and ids are one."""
    alike: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.type == "Warning" and event.said:
            alike.setdefault((event.reason or "", template(event.said)), []).append(event)
    return tuple(sorted(map(_folded, alike.values()), key=_order))


def _folded(same: Sequence[Event]) -> Folded:
    from stead.domain.redaction import redact  # late: a dump without a fault need not wait for its rules

    newest = max(same, key=lambda event: (event.last is not None, event.last or _NEVER, event.said))
    message = redact(clean(newest.said)).replace("\n", " ").strip()
    return Folded(
        reason=clean(newest.reason or "")[:60],
        message=message if len(message) <= LONGEST else message[: LONGEST - 1] + "…",
        count=sum(event.times for event in same),
        first=min((event.first for event in same if event.first is not None), default=None),
        last=max((event.last for event in same if event.last is not None), default=None),
    )


_NEVER = datetime.min.replace(tzinfo=UTC)


def _order(one: Folded) -> tuple[float, str, str]:
    return (-one.last.timestamp() if one.last is not None and one.last.year > 1 else 0.0, one.reason, one.message)


def _when(first: datetime | None, last: datetime | None) -> str:
    if last is None:
        return ""
    if first is None or first.replace(second=0, microsecond=0) == last.replace(second=0, microsecond=0):
        return f" at {last:%H:%M}"
    return f" from {first:%H:%M} to {last:%H:%M}" if first.date() == last.date() else f" from {first:%d %b %H:%M} to {last:%d %b %H:%M}"


def events_command(kind: str, namespace: str, name: str) -> str:
    where = ["-n", namespace] if namespace else ["-A"]
    return shlex.join(["kubectl", *where, "get", "events", "--field-selector", f"involvedObject.kind={kind},involvedObject.name={name}"])


def events_seen(about: About, folded: tuple[Folded, ...]) -> tuple[Evidence, ...]:
    """What the events say as evidence; nothing where they say nothing."""
    if not folded:
        return ()
    more = len(folded) - MOST_FOLDED
    lines = [str(one) for one in folded[:MOST_FOLDED]] + ([f"and {more} more"] if more > 0 else [])
    return (Evidence(what="events", value="\n".join(lines), command=events_command(*about), tainted=True),)


def folded_about(about: About, events: tuple[Event, ...]) -> tuple[Folded, ...]:
    """What events say about one object; those about another are left out, whatever the server sent."""
    return fold(event for event in events if event.about[0] == about[0] and event.about[2] == about[2])
