"""Cron expressions: which moments of a wall clock they name. Time zones are the schedule's matter (schedule.py).

Five fields as in crontab(5): minute, hour, day of month, month, day of week; six: a field for the second comes first. Lists, ranges, steps,
names of months and days, 7 for Sunday, `L` for the last day of a month, and `?` for `*`. As in crontab(5), a day must fit both day fields
where one of them begins with `*`, and either of them where both are named.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""crontab(5), "Nicknames". `@reboot` names no moment."""

FURTHEST = 41
"""Years to look ahead: 29 February falls on a given weekday once in 28 years, or in 40 over 2100, which is no leap year."""

LAST = "L"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    first: int = 0

    def number(self, word: str) -> int:
        """ValueError for what is no value of this field."""
        if word.lower() in self.names:
            return self.names.index(word.lower()) + self.first
        if not re.fullmatch(r"\d{1,4}", word, re.ASCII) or not self.low <= int(word) <= self.high:
            within = f"{self.low} to {self.high}" + (f" or {self.names[0]} to {self.names[-1]}" if self.names else "")
            raise ValueError(f"has `{word[:20]}` for the {self.name}, which is not within {within}")
        return int(word)


_SECOND, _MINUTE, _HOUR = _Field("second", 0, 59), _Field("minute", 0, 59), _Field("hour", 0, 23)
_DAY, _MONTH = _Field("day of the month", 1, 31), _Field("month", 1, 12, MONTHS, 1)
_WEEKDAY = _Field("day of the week", 0, 7, WEEKDAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The values that each field allows, sorted; `weekdays` with 0 for Sunday. `last_day`: also the last of a month.

    `either`: a day needs to fit only one of `days` and `weekdays`.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    last_day: bool = False
    either: bool = False

    @property
    def every_hour(self) -> bool:
        """Whether it names no hour of the day: it then goes by hours that pass, not by what a clock shows."""
        return len(self.hours) == 24

    def falls_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        of_month = day.day in self.days or (self.last_day and day.day == monthrange(day.year, day.month)[1])
        of_week = day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week

    def first(self, since: datetime) -> datetime | None:
        """The first moment that fits at or after `since`; both are what a clock shows, without a zone. None when there is none."""
        day, least = since.date(), since.time()
        if since.microsecond:
            since += timedelta(seconds=1)
            day, least = since.date(), since.time().replace(microsecond=0)
        until = min(day.year + FURTHEST, 9999)
        while day.year <= until:
            if day.month not in self.months:
                day, least = _next_month(day), time()
            elif self.falls_on(day) and (found := self._on_day(least)) is not None:
                return datetime.combine(day, found)
            else:
                day, least = day + timedelta(days=1), time()
        return None

    def _on_day(self, least: time) -> time | None:
        """The first time of day at or after `least`."""
        for hour in self.hours[bisect_left(self.hours, least.hour) :]:
            for minute in self.minutes if hour > least.hour else self.minutes[bisect_left(self.minutes, least.minute) :]:
                same = (hour, minute) == (least.hour, least.minute)
                for second in self.seconds if not same else self.seconds[bisect_left(self.seconds, least.second) :]:
                    return time(hour, minute, second)
        return None


def parse_cron(text: str) -> Cron:
    """The expression or nickname that `text` is. ValueError, as what is said of `text`, for anything else."""
    words = NICKNAMES.get(text.strip().lower(), text).split()
    if len(words) not in (5, 6):
        raise ValueError(f"has {len(words)} fields; a cron expression has 5, or 6 with the seconds first, like `0 9 * * mon-fri`")
    second, minute, hour, day, month, weekday = words if len(words) == 6 else ("0", *words)
    days = _values(_DAY, day)
    weekdays = tuple(sorted({each % 7 for each in _values(_WEEKDAY, weekday)}))
    cron = Cron(
        seconds=_values(_SECOND, second),
        minutes=_values(_MINUTE, minute),
        hours=_values(_HOUR, hour),
        days=days,
        months=_values(_MONTH, month),
        weekdays=weekdays,
        last_day=LAST in day.upper().split(","),
        either=not day.startswith(("*", "?")) and not weekday.startswith(("*", "?")),
    )
    if cron.first(_ANY_LEAP_YEAR) is None:
        raise ValueError("never comes; no month that it names has such a day")
    return cron


_ANY_LEAP_YEAR = datetime(2000, 1, 1)


def _values(field: _Field, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        found.update(_part(field, part))
    return tuple(sorted(found))


def _part(field: _Field, part: str) -> range | tuple[int, ...]:
    """One item of a list: `*`, `5`, `1-5`, `*/15`, `10-50/20`."""
    span, slash, step = part.partition("/")
    if field is _DAY and part.upper() == LAST:
        return ()
    if slash and (not re.fullmatch(r"\d{1,4}", step, re.ASCII) or not 1 <= int(step) <= max(field.high, 1)):
        raise ValueError(f"has `/{step[:20]}` for the {field.name}, which is not a step; write `*/5`")
    every = int(step) if slash else 1
    if span in ("*", "?"):
        return range(field.low, (6 if field is _WEEKDAY else field.high) + 1, every)
    low, dash, high = span.partition("-")
    first = field.number(low)
    last = field.number(high) if dash else field.high if slash else first
    if field is _WEEKDAY and dash and last == 0 < first:  # fri-sun
        last = 7
    if last < first:
        raise ValueError(f"has `{span[:20]}` for the {field.name}, which ends before it begins")
    return range(first, last + 1, every)


def _next_month(day: date) -> date:
    """OverflowError after the last month that there is."""
    if (day.year, day.month) == (9999, 12):
        raise OverflowError("no month comes after it")
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
