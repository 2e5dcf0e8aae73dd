"""When a dump was taken: the newest time at which something in it is said to have happened.

Only fields that tell of the past count: creation, conditions, container states, events, field managers, leases. A certificate's
end, a deletion's deadline or a CronJob's next run lie in the future and say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from stead.estate.kubernetes.slices import Slice, Time

AHEAD = timedelta(days=1)
"""How far ahead of this machine's clock a time may lie before it is taken for a wrong clock or an absurd value."""

Moment = Time | None


class _Managed(Slice, frozen=True):
    time: Moment = None


class _Meta(Slice, frozen=True):
    creation_timestamp: Moment = None
    managed_fields: tuple[_Managed, ...] | None = None


class _Condition(Slice, frozen=True):
    last_transition_time: Moment = None
    last_update_time: Moment = None
    last_heartbeat_time: Moment = None


class _Ran(Slice, frozen=True):
    started_at: Moment = None
    finished_at: Moment = None


class _State(Slice, frozen=True):
    running: _Ran | None = None
    terminated: _Ran | None = None


class _Container(Slice, frozen=True):
    state: _State | None = None
    last_state: _State | None = None


class _Status(Slice, frozen=True):
    start_time: Moment = None
    completion_time: Moment = None
    last_schedule_time: Moment = None
    last_successful_time: Moment = None
    last_failure_time: Moment = None
    conditions: tuple[_Condition, ...] | None = None
    container_statuses: tuple[_Container, ...] | None = None
    init_container_statuses: tuple[_Container, ...] | None = None


class _Series(Slice, frozen=True):
    last_observed_time: Moment = None


class _Spec(Slice, frozen=True):
    renew_time: Moment = None


class Moments(Slice, frozen=True):
    """The times of one object, whatever its kind."""

    metadata: _Meta = _Meta()
    status: _Status | None = None
    spec: _Spec | None = None
    first_timestamp: Moment = None
    last_timestamp: Moment = None
    event_time: Moment = None
    series: _Series | None = None

    def newest(self) -> datetime | None:
        return max((time for time in self._all() if time is not None), default=None)

    def _all(self) -> list[datetime | None]:
        found = [self.metadata.creation_timestamp, self.first_timestamp, self.last_timestamp, self.event_time]
        found += [managed.time for managed in self.metadata.managed_fields or ()]
        found += [self.series.last_observed_time if self.series else None, self.spec.renew_time if self.spec else None]
        return found + (_of_status(self.status) if self.status is not None else [])


def _of_status(status: _Status) -> list[datetime | None]:
    found = [
        status.start_time,
        status.completion_time,
        status.last_schedule_time,
        status.last_successful_time,
        status.last_failure_time,
    ]
    for condition in status.conditions or ():
        found += [condition.last_transition_time, condition.last_update_time, condition.last_heartbeat_time]
    for container in (*(status.container_statuses or ()), *(status.init_container_statuses or ())):
        for state in (container.state, container.last_state):
            for ran in (state.running, state.terminated) if state is not None else ():
                found += [ran.started_at, ran.finished_at] if ran is not None else []
    return found


_DECODER: msgspec.json.Decoder[Moments] = msgspec.json.Decoder(Moments)


def newest_in(raw: bytes | memoryview | msgspec.Raw) -> datetime | None:
    """The newest time in one object's JSON; None for an object that is odd, which others will speak of."""
    try:
        return _DECODER.decode(raw).newest()
    except (ValueError, RecursionError):
        return None


@dataclass(slots=True)
class Taken:
    """Collects times. `wall` is this machine's own clock."""

    wall: datetime
    past: datetime | None = None
    future: datetime | None = None
    objects_past: int = 0
    objects_future: int = 0

    def add(self, time: datetime | None) -> None:
        try:
            time = None if time is None else time.astimezone(UTC)
        except OverflowError:
            return  # the end of time, in a zone that lies behind UTC
        if time is None:
            return
        if time <= self.wall + AHEAD:
            self.past = time if self.past is None else max(self.past, time)
            self.objects_past += 1
        else:
            self.future = time if self.future is None else max(self.future, time)
            self.objects_future += 1

    def newest(self) -> datetime | None:
        """The newest time that can be believed: a few that lie ahead are absurd, unless most do and this machine's clock is slow."""
        if self.objects_future > self.objects_past:
            return self.future
        return self.past
