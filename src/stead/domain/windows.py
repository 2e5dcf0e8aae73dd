"""Maintenance windows: a span of time, once or again and again, by the wall clock of a place.

The words for days are those of Alertmanager's time intervals (https://prometheus.io/docs/alerting/latest/configuration/#time_interval).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stead.domain.matching import Matchers

DAY = timedelta(days=1)

FURTHEST = 366 * 8 + 2
"""Days to look ahead for the next span: the longest that 29 February keeps away (over 2100, which is no leap year)."""

Days = tuple[tuple[int, int], ...]
"""Ranges of days of the month, both ends included; negative ones count from the month's end (-1 is its last day)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """From `begins` to `ends` (minutes of the day, 0 to 1440), in the night over midnight where `ends` is not after `begins`.

    `weekdays` (0 is Monday) and `months` (1 to 12): empty means any. The days are those on which a span begins.
    """

    begins: int = 0
    ends: int = 1440
    weekdays: frozenset[int] = frozenset()
    days_of_month: Days = ()
    months: frozenset[int] = frozenset()

    def falls_on(self, day: date) -> bool:
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        if self.months and day.month not in self.months:
            return False
        last = monthrange(day.year, day.month)[1]
        ranges = [(low if low > 0 else last + 1 + low, high if high > 0 else last + 1 + high) for low, high in self.days_of_month]
        return not ranges or any(low <= day.day <= high for low, high in ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Keeps what `matchers` match silent. Either `once` (start, end; aware) or every `daily` span, by the clock of `zone`.

    `acts` says that Stead goes on acting by itself while it holds.
    """

    name: str
    matchers: Matchers
    comment: str = ""
    once: tuple[datetime, datetime] | None = None
    daily: Daily = field(default_factory=Daily)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    acts: bool = False

    def holds(self, now: datetime) -> bool:
        return self._span(now) is not None

    def ends(self, now: datetime) -> datetime | None:
        """When the silence that holds now will be over; None when none holds. Spans that touch are one."""
        ends = None
        while (span := self._span(ends or now)) is not None:
            ends = span[1]
            if ends - now > timedelta(days=FURTHEST):
                return None
        return ends

    def next_edge(self, now: datetime) -> datetime | None:
        """The next moment after `now` at which it begins or ends to hold; None when there is none."""
        for begins, ends in self._spans(now, FURTHEST):
            if begins > now:
                return begins
            if ends > now:
                return ends
        return None

    def _span(self, now: datetime) -> tuple[datetime, datetime] | None:
        return next((span for span in self._spans(now, 1) if span[0] <= now < span[1]), None)

    def _spans(self, now: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The spans that begin from two days before `now` to `days` after it: two, for a night that a summer time makes longer."""
        if self.once is not None:
            yield self.once
            return
        first = now.astimezone(self.zone).date() - 2 * DAY
        for day in (first + n * DAY for n in range(days + 3)):
            if self.daily.falls_on(day):
                yield self._on(day)

    def _on(self, day: date) -> tuple[datetime, datetime]:
        """Both ends in UTC. Where the clock is set back, the span includes the hour that comes twice."""
        longer = 1440 if self.daily.ends <= self.daily.begins else 0
        begins, ends = (
            datetime.combine(day, time()) + timedelta(minutes=minutes) for minutes in (self.daily.begins, self.daily.ends + longer)
        )
        last = max(ends.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return begins.replace(tzinfo=self.zone).astimezone(UTC), last
