"""When a CronJob's schedule is due. Five fields, names, steps, `@daily` and the like, in a time zone.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PART = re.compile(r"(\*|\?|\w{1,3})(?:-(\w{1,3}))?(?:/(\d{1,2}))?")
_EVERY = re.compile(r"@every (?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")
_MOST_DAYS = 366 * 8
"""29 February comes once in eight years at worst."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Minutes, hours, days, months and weekdays on which it is due; with both days restricted, either will do."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, (day.isoweekday() % 7) in self.weekdays
        return in_month or in_week if self.either else in_month and in_week

    def hits(self, moment: datetime) -> bool:
        """Whether it is due in that very minute of the wall clock."""
        return self.on(moment) and moment.hour in self.hours and moment.minute in self.minutes

    def after(self, moment: datetime) -> datetime | None:
        """The first wall-clock time later than `moment` at which it is due; None where that is too far off to matter."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        times = sorted((hour, minute) for hour in self.hours for minute in self.minutes)
        for _ in range(_MOST_DAYS):
            if self.on(day):
                for hour, minute in times:
                    if (due := day.replace(hour=hour, minute=minute)) > moment:
                        return due
            day += timedelta(days=1)
        return None


@lru_cache(maxsize=512)
def parse(text: str) -> Schedule | timedelta | None:
    """The schedule, or how often for `@every 1h`; None for what is no schedule."""
    text = text.strip().lower()
    if (every := _EVERY.fullmatch(text)) is not None:
        hours, minutes, seconds = (int(part or 0) for part in every.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds) or None
    fields = _MACROS.get(text, text).split()
    if len(fields) != len(_RANGES):
        return None
    sets = [_values(field, number) for number, field in enumerate(fields)]
    minutes_, hours_, days, months, weekdays = sets
    if not (minutes_ and hours_ and days and months and weekdays):
        return None
    either = not fields[2].startswith(("*", "?")) and not fields[4].startswith(("*", "?"))
    return Schedule(minutes_, hours_, days, months, frozenset(day % 7 for day in weekdays), either)


def _values(field: str, number: int) -> frozenset[int]:
    """What one field stands for; nothing where it stands for nothing."""
    low, high = _RANGES[number]
    found: set[int] = set()
    for part in field.split(","):
        if (match := _PART.fullmatch(part)) is None:
            return frozenset()
        first, last, step = _number(match[1], number), _number(match[2], number), int(match[3] or 1)
        if match[1] in ("*", "?"):
            first, last = low, high
        elif first is None or (match[2] and last is None):
            return frozenset()
        elif last is None:
            last = high if match[3] else first
        if step < 1 or not low <= first <= last <= high:
            return frozenset()
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str | None, number: int) -> int | None:
    names = {3: _MONTHS, 4: _DAYS}.get(number, {})
    if text is None:
        return None
    return int(text) if text.isdecimal() else names.get(text)


@lru_cache(maxsize=4096)
def next_due(text: str, last: datetime, zone: str) -> datetime | None:
    """When the schedule is due next after `last`, at the latest; None where nobody can say.

    Without a zone the controller counts in its own, which is not known: of all zones in which `last` was due, the one whose next time is
    the latest is believed; where it was due in none (it is when the CronJob was made), of all there are.
    """
    schedule = parse(text)
    if schedule is None:
        return None
    try:
        if isinstance(schedule, timedelta):
            return last + schedule
        times = [due for each in _zones(zone, schedule, last) if (due := _in_zone(schedule, last, each)) is not None]
    except (OverflowError, ValueError):
        return None
    return max(times, default=None)


def _zones(name: str, schedule: Schedule, last: datetime) -> Iterator[tzinfo]:
    if name:
        try:
            yield ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            return
        return
    every = [timezone(timedelta(minutes=15 * quarters)) for quarters in range(-12 * 4, 14 * 4 + 1)]
    fits = [zone for zone in every if last.second == 0 and schedule.hits(last.astimezone(zone))]
    yield from fits or every[::4]


def _in_zone(schedule: Schedule, last: datetime, zone: tzinfo) -> datetime | None:
    wall = last.astimezone(zone).replace(tzinfo=None)
    due = schedule.after(wall)
    return None if due is None else due.replace(tzinfo=zone).astimezone(last.tzinfo)
