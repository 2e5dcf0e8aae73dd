"""When a job runs: cron, intervals, times of day, and one moment, by the wall clock of a place. Time is an argument.

    0 9 * * mon-fri          cron, 5 fields; 6 with the seconds first; @daily and its like
    every 15m                at whole steps of the wall clock, whenever it was begun: it never drifts
    every 1d at 09:00        at this time of day; `every 2d at 08:00,20:00`
    at 2026-12-01T09:00      once
    … from 2026-12-01T09:00  counted from then, and not before

Daylight saving: a time of day that is skipped comes once, right after the gap; one that comes twice counts the first time. An interval,
and a cron expression for every hour, go by the time that passes: neither misses an hour nor repeats one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stead.domain.cron import NICKNAMES, Cron, parse_cron

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_MONDAY = date(1970, 1, 5)
"""Where days are counted from when nothing else is said, so that `every 1w` is Monday."""
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LONGEST = timedelta(days=3660)
_UNITS = {"s": SECOND, "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY, "w": 7 * DAY}
_NEAR = timedelta(hours=26)
"""Longer than any clock was ever set back at once (a whole day, over the date line)."""

_EVERY = re.compile(r"every\s+(?P<span>\S+)(?:\s+at\s+(?P<at>\S+))?(?:\s+from\s+(?P<start>\S+))?", re.IGNORECASE | re.ASCII)
_AT = re.compile(r"at\s+(?P<moment>\S+)", re.IGNORECASE | re.ASCII)
_SPAN = re.compile(r"(?:(\d{1,6})([smhdw]))+", re.ASCII)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
_MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Every `every` of the time that passes, counted from `start` (aware)."""

    every: timedelta
    start: datetime = EPOCH

    def next_after(self, moment: datetime) -> datetime:
        steps = (moment - self.start) // self.every + 1
        return self.start + max(steps, 0) * self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """At these times of every `every`-th day, counted from the day `start`."""

    every: int
    at: tuple[time, ...] = (time(),)
    start: date = A_MONDAY
    not_before: bool = False

    def first(self, since: datetime) -> datetime | None:
        """The first moment that fits at or after `since`, both without a zone."""
        day = max(since.date(), self.start) if self.not_before else since.date()
        day += timedelta(days=(self.start - day).days % self.every)
        while True:
            found = next((moment for at in self.at if (moment := datetime.combine(day, at)) >= since), None)
            if found is not None:
                return found
            day += timedelta(days=self.every)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """At one moment (aware)."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What was written, in which zone, and the rule that it is."""

    text: str
    zone: ZoneInfo
    rule: Cron | Interval | Days | Once

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after `moment` (aware), in UTC; None when it never comes again."""
        try:
            match self.rule:
                case Once(at=at):
                    return at if at > moment else None
                case Interval():
                    return self.rule.next_after(moment).astimezone(UTC)
                case Days():
                    return _by_the_clock(self.rule.first, self.zone, moment)
                case Cron():
                    by = _by_the_hour if self.rule.every_hour else _by_the_clock
                    return by(self.rule.first, self.zone, moment)
        except OverflowError:  # The calendar ends with the year 9999.
            return None


def parse_schedule(text: str, zone: str = "UTC") -> Schedule:
    """The schedule that `text` is. ValueError, as what is said of `text` or of the zone, for anything else."""
    said = " ".join(text.split())
    place = parse_zone(zone)
    if not said or len(said) > _MOST_TEXT:
        raise ValueError("is not a schedule; write `every 15m`, `every 1d at 09:00`, `0 9 * * mon-fri` or `at 2026-12-01T09:00`")
    try:
        return Schedule(text=said, zone=place, rule=_rule(said, place))
    except OverflowError:
        raise ValueError("lies outside of the calendar; write a year from 1971 to 9998") from None


def parse_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name. ValueError for what is none."""
    try:
        return ZoneInfo(name[:100] or "?")
    except (ValueError, OSError, KeyError):  # no path of a zone, a folder of zones, and none at all
        raise ValueError(f"is in the time zone `{visible_start(name)}`, which is not known here; write one like Europe/Berlin") from None


def visible_start(text: str) -> str:
    """The beginning of what somebody wrote, on one line."""
    return "".join(c if c.isprintable() else "?" for c in text[:40])


def _rule(text: str, zone: ZoneInfo) -> Cron | Interval | Days | Once:
    word = text.partition(" ")[0].lower()
    if word == "at":
        found = _AT.fullmatch(text)
        if found is None:
            raise ValueError("is not a moment; write `at 2026-12-01T09:00`")
        return Once(at=_moment(found["moment"], zone))
    if word == "every":
        return _every(text, zone)
    if word.startswith("@") and word not in NICKNAMES:
        raise ValueError(f"is not a nickname that names a time; there are {', '.join(NICKNAMES)}")
    return parse_cron(text)


def _every(text: str, zone: ZoneInfo) -> Interval | Days:
    found = _EVERY.fullmatch(text)
    if found is None:
        raise ValueError("is not an interval; write `every 90s`, `every 15m`, `every 1d at 09:00`")
    span = _span(found["span"])
    start = None if found["start"] is None else _moment(found["start"], zone)
    if span % DAY and found["at"]:
        raise ValueError("has a time of day, and is no number of days; write `every 1d at 09:00`")
    if span % DAY:
        return Interval(every=span) if start is None else Interval(every=span, start=start)
    at = tuple(sorted({_time(word) for word in (found["at"] or "00:00").split(",")}))
    if start is None:
        return Days(every=span // DAY, at=at)
    if not found["at"] and (local := start.astimezone(zone).time()):
        at = (local,)
    return Days(every=span // DAY, at=at, start=start.astimezone(zone).date(), not_before=True)


def _span(text: str) -> timedelta:
    if not _SPAN.fullmatch(text):
        raise ValueError(f"has `{visible_start(text)}`, which is not a duration; write 90s, 15m, 1h, 1h30m, 1d or 1w")
    span = sum((int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", text)), timedelta())
    if not SECOND <= span <= LONGEST:
        raise ValueError("is shorter than a second, or longer than ten years; write 90s, 15m, 1h or 1d")
    return span


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"has `{visible_start(text)}`, which is not a time of day; write 09:00")
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """`2026-12-01T09:00` in the zone, or with an offset of its own; a date alone is its midnight."""
    wrong = f"has `{visible_start(text)}`, which is not a moment; write 2026-12-01T09:00"
    if not _MOMENT.fullmatch(text):
        raise ValueError(wrong)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(wrong) from None
    if not 1971 <= given.year <= 9998:
        raise ValueError("lies outside of the calendar; write a year from 1971 to 9998")
    return given.astimezone(UTC) if given.tzinfo else _instant(given, zone)[0]


def _by_the_clock(first: Callable[[datetime], datetime | None], zone: ZoneInfo, moment: datetime) -> datetime | None:
    """A time of day that is skipped comes right after the gap; one that comes twice counts the first time."""
    local = _shown(moment, zone)
    while (local := first(local)) is not None:
        at, _ = _instant(local, zone)
        if at > moment:
            return at
        local += SECOND
    return None


def _by_the_hour(first: Callable[[datetime], datetime | None], zone: ZoneInfo, moment: datetime) -> datetime | None:
    """What a clock never shows is left out; what it shows twice comes twice, for both hours pass."""
    set_back = _offset(moment, zone) - _offset(moment + _NEAR, zone)
    local, best = _shown(moment, zone) - max(set_back, timedelta()), None
    while (local := first(local)) is not None:
        at, skipped = _instant(local, zone)
        if not skipped:
            again = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
            best = min((each for each in (at, again, best) if each is not None and each > moment), default=None)
            if at > moment:
                break
        local += SECOND
    return best


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock there shows, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _instant(local: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The first moment, in UTC, at which a clock there shows `local`, or has gone over it; and whether it has gone over it.

    In a gap, fold 0 has the offset from before it and fold 1 the one from after it (PEP 495).
    """
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    if _shown(late, zone) == local:
        return late, False
    while late - early > SECOND:
        middle = early + (late - early) // 2 // SECOND * SECOND
        early, late = (early, middle) if _shown(middle, zone) > local else (middle, late)
    return late, True
