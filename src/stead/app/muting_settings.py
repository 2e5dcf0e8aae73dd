"""What a person may write about silence: `maintenance` and `inhibit_rules`, in Alertmanager's words where it has some."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, cast
from zoneinfo import ZoneInfo

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from stead.app.sections import NAME, Section
from stead.domain.finding import Severity
from stead.domain.impact import SeverityRule
from stead.domain.matching import Matchers, parse_matchers
from stead.domain.muting import LABELS, OBJECT_LABELS, Inhibition
from stead.domain.windows import Daily, Days, Window

_KNOWN = frozenset({*LABELS, "alertname", "fingerprint"})


def matcher_list(given: object, also: Sequence[str] = ()) -> Matchers:
    """What was written as matchers, on labels that findings have and on those of `also`. ValueError for anything else."""
    if isinstance(given, Matchers):
        return given
    texts = cast("list[object]", given) if isinstance(given, list) else [given]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("is not a list of matchers; write them like ['namespace=\"dev\"', 'kind=~\"Pod|Job\"']")
    return matchers_of([str(text) for text in texts], also)


def matchers_of(texts: Sequence[str], also: Sequence[str] = ()) -> Matchers:
    """Matchers on labels that findings have, or that `also` names. ValueError for others: they could never match anything."""
    found = parse_matchers(texts)
    for matcher in found.all_of:
        if not is_known(matcher.name) and matcher.name not in also:
            there = (
                f"{', '.join((*LABELS, *also))}, and `label.NAME` and `namespace_label.NAME` for labels of the object and of its namespace"
            )
            raise ValueError(f"names the label `{matcher.name[:60]}`, which no finding has; there are {there}")
    return found


def is_known(name: str) -> bool:
    """Whether findings have a label of this name."""
    return name in _KNOWN or any(name.startswith(prefix) and name != prefix for prefix in OBJECT_LABELS)


def matcher_texts(found: Matchers) -> list[str]:
    return [str(matcher) for matcher in found.all_of]


MatcherList = Annotated[
    Matchers,
    PlainValidator(matcher_list),
    PlainSerializer(matcher_texts, return_type=list[str]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1, "examples": [['namespace="dev"']]}),
]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def minutes_of(text: str) -> int:
    """`07:30` → 450. ValueError for what is no time of day."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)|24:00", text, re.ASCII)
    if found is None:
        raise ValueError(f"`{text[:20]}` is not a time of day; write 02:00")
    return 1440 if found[1] is None else int(found[1]) * 60 + int(found[2])


def _named(texts: tuple[str, ...], names: tuple[str, ...], what: str) -> frozenset[int]:
    """`monday:wednesday` → {0, 1, 2}; a range may go round the end (`saturday:monday`)."""
    found: set[int] = set()
    for text in texts:
        first, _, last = text.lower().partition(":")
        if first not in names or (last and last not in names):
            raise ValueError(f"`{text[:40]}` is not a {what}; write {names[0]}, or {names[0]}:{names[2]}")
        begin, end = names.index(first), names.index(last or first)
        found.update(n % len(names) for n in range(begin, end + 1 + (len(names) if end < begin else 0)))
    return frozenset(found)


def weekdays_of(texts: tuple[str, ...]) -> frozenset[int]:
    """`monday:friday` → {0, 1, 2, 3, 4}. ValueError for what is no day."""
    return _named(texts, _WEEKDAYS, "weekday")


def _days(texts: tuple[str, ...]) -> Days:
    ranges: list[tuple[int, int]] = []
    for text in texts:
        found = re.fullmatch(r"(-?[1-9]\d?)(?::(-?[1-9]\d?))?", text, re.ASCII)
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not found or max(abs(low), abs(high)) > 31 or (low > high and (low > 0) == (high > 0)):
            raise ValueError(f"`{text[:20]}` is not a day of the month; write 1, 1:7 or -1 for the last")
        ranges.append((low, high))
    return tuple(ranges)


class MaintenanceSettings(Section):
    """A span of planned work: what its matchers match is not told while it holds, and told after it if it is still broken."""

    name: str = Field(pattern=NAME, description="Its name where Stead says why it was silent.")
    matchers: MatcherList = Field(description='What is worked on, in Alertmanager\'s syntax: `kind="Node"`, `namespace=~"dev-.*"`.')
    comment: str = Field(default="", max_length=500, description="Why, for people.")
    location: str = Field(default="UTC", description="The time zone of all its times, like `Europe/Berlin`.")
    start: str | None = Field(default=None, description="For a window that comes once: its beginning, `2026-12-01T20:00`.")
    end: str | None = Field(default=None, description="For a window that comes once: its end.")
    start_time: str = Field(default="00:00", description="For one that comes again: when in the day it begins.")
    end_time: str = Field(default="24:00", description="When it ends; not after `start_time` means on the next day.")
    weekdays: tuple[str, ...] = Field(default=(), description="On which it begins: `sunday`, `monday:friday`. Default: any.")
    days_of_month: tuple[str, ...] = Field(default=(), description="On which it begins: `1:7`, `-1` for the last. Default: any.")
    months: tuple[str, ...] = Field(default=(), description="In which it begins: `december`, `may:august`. Default: any.")
    acts: bool = Field(default=False, description="Stead goes on with what it may do without a person. Default: it does nothing by itself.")

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        self.window()
        return self

    def window(self) -> Window:
        """The window. ValueError for times that are none."""
        zone = zone_of(self.location)
        once = self._once(zone)
        if once is None:
            daily = Daily(
                begins=minutes_of(self.start_time) % 1440,
                ends=minutes_of(self.end_time),
                weekdays=weekdays_of(self.weekdays),
                days_of_month=_days(self.days_of_month),
                months=frozenset(n + 1 for n in _named(self.months, _MONTHS, "month")),
            )
            return Window(name=self.name, matchers=self.matchers, comment=self.comment, daily=daily, zone=zone, acts=self.acts)
        return Window(name=self.name, matchers=self.matchers, comment=self.comment, once=once, zone=zone, acts=self.acts)

    def _once(self, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        if self.start is None and self.end is None:
            return None
        if self.start is None or self.end is None:
            raise ValueError("has only one of `start` and `end`; a window that comes once has both")
        if self.model_fields_set & {"start_time", "end_time", "weekdays", "days_of_month", "months"}:
            raise ValueError("comes once (`start`, `end`) and again (`start_time`, `weekdays`, …); write two windows")
        start, end = _moment(self.start, zone), _moment(self.end, zone)
        if end <= start:
            raise ValueError("ends before it begins")
        return start, end


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. ValueError for none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"`{name[:60]}` is not a time zone that is known here; write one like Europe/Berlin, or UTC") from error


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"`{text[:40]}` is not a date and time; write 2026-12-01T20:00") from error


class InhibitSettings(Section):
    """While a fault on the source side fires, those on the target side with the same `equal` labels are not told."""

    name: str = Field(pattern=NAME, description="Its name where Stead says why it was silent.")
    source_matchers: MatcherList = Field(description="The fault that says it already.")
    target_matchers: MatcherList = Field(description="What is not told meanwhile.")
    equal: tuple[str, ...] = Field(default=(), description="Labels that both must share: `namespace`, `name`.")

    @model_validator(mode="after")
    def _knows_labels(self) -> Self:
        unknown = next((name for name in self.equal if not is_known(name)), None)
        if unknown is not None:
            raise ValueError(f"has `{unknown[:60]}` in `equal`, a label that no finding has; there are {', '.join(LABELS)}")
        return self

    def inhibition(self) -> Inhibition:
        return Inhibition(name=self.name, source=self.source_matchers, target=self.target_matchers, equal=self.equal)


class SeveritySettings(Section):
    """A weight of your own: at least, or at most, this severe."""

    name: str = Field(pattern=NAME, description="Its name where Stead says why an incident is as severe as it is.")
    matchers: MatcherList = Field(description="What it is about. `at_least` wants one finding of the incident to match, `at_most` all.")
    at_least: Literal["info", "warning", "critical"] | None = Field(default=None, description="`info`, `warning` or `critical`.")
    at_most: Literal["info", "warning", "critical"] | None = Field(default=None, description="`info`, `warning` or `critical`.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.at_least is None) is (self.at_most is None):
            raise ValueError("needs one of `at_least` and `at_most`")
        return self

    def rule(self) -> SeverityRule:
        least, most = (None if word is None else Severity(word) for word in (self.at_least, self.at_most))
        return SeverityRule(name=self.name, matchers=self.matchers, at_least=least, at_most=most)


def _built_in(name: str, source: str, target: str, *equal: str) -> Inhibition:
    return Inhibition(name=name, source=parse_matchers(source), target=parse_matchers(target), equal=equal)


BUILT_IN = (
    _built_in("node-is-down", 'check="node_not_ready"', 'check="node_pressure"', "estate", "name"),
    _built_in("worse-is-told", 'severity="critical"', 'severity="info"', "estate", "namespace", "owner_kind", "owner"),
)
"""A node that does not answer need not be said to lack memory; a note on what is critical can wait until it is not."""
