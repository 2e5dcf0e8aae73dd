"""Maintenance windows hold by the wall clock of their place: over midnight, on the right days, through both changes of the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.muting_settings import MaintenanceSettings
from stead.domain.windows import Window


def window(**more: Any) -> Window:
    import json

    written = {"name": "w", "matchers": ["kind=Node"], **more}
    return MaintenanceSettings.model_validate_json(json.dumps(written)).window()


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("keys", "inside", "outside"),
    [
        ({}, ["2026-01-05T00:00", "2026-01-05T23:59"], []),
        ({"start_time": "02:00", "end_time": "04:00"}, ["2026-01-05T02:00", "2026-01-05T03:59"], ["2026-01-05T01:59", "2026-01-05T04:00"]),
        (
            {"start_time": "22:00", "end_time": "02:00", "weekdays": ["sunday"]},
            ["2026-01-04T22:00", "2026-01-05T01:59"],
            ["2026-01-04T01:00", "2026-01-05T02:00", "2026-01-05T22:00"],
        ),
        ({"weekdays": ["saturday:monday"]}, ["2026-01-03T12:00", "2026-01-05T12:00"], ["2026-01-06T12:00"]),
        ({"days_of_month": ["-1"]}, ["2026-01-31T12:00", "2026-02-28T12:00"], ["2026-01-30T12:00"]),
        ({"days_of_month": ["1:7"], "weekdays": ["tuesday"]}, ["2026-01-06T12:00"], ["2026-01-13T12:00", "2026-01-05T12:00"]),
        ({"months": ["december"]}, ["2026-12-24T12:00"], ["2026-11-24T12:00"]),
        ({"start": "2026-01-05T20:00", "end": "2026-01-06T02:00"}, ["2026-01-05T20:00", "2026-01-06T01:00"], ["2026-01-06T02:00"]),
    ],
)
def test_a_window_holds_when_it_says(keys: dict[str, Any], inside: list[str], outside: list[str]) -> None:
    for zone in ("UTC", "Europe/Berlin", "America/New_York"):
        made = window(location=zone, **keys)
        assert [text for text in inside if not made.holds(at(text, zone))] == []
        assert [text for text in outside if made.holds(at(text, zone))] == []


def test_the_hour_that_comes_twice_is_inside_both_times_and_the_one_that_never_comes_breaks_nothing() -> None:
    night = window(location="Europe/Berlin", start_time="01:00", end_time="03:00")
    assert night.ends(datetime(2026, 10, 24, 23, 30, tzinfo=UTC)) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "three hours long"
    assert night.ends(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "one hour long"


def test_days_that_touch_are_one_silence() -> None:
    weekend = window(weekdays=["saturday", "sunday"])
    assert weekend.ends(at("2026-01-03T10:00")) == at("2026-01-05T00:00")
    assert window().ends(at("2026-01-03T10:00")) is None, "one that always holds has no end"


def test_a_day_that_is_years_away_is_found() -> None:
    leap = window(days_of_month=["29"], months=["february"])
    assert leap.next_edge(at("2026-03-01T00:00")) == at("2028-02-29T00:00")
    assert window(start="2026-01-01T00:00", end="2026-01-02T00:00").next_edge(at("2026-03-01T00:00")) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(tzinfo=UTC)),
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_nothing_changes_between_two_edges(now: datetime, begins: int, ends: int, zone: str) -> None:
    made = window(location=zone, start_time=f"{begins:02}:00", end_time=f"{ends:02}:00", weekdays=["monday", "thursday"])
    edge = made.next_edge(now)
    assert edge is not None
    assert edge > now
    halfway = now + (edge - now) / 2
    assert made.holds(halfway) is made.holds(now)
    if begins != ends:
        assert made.holds(edge) is not made.holds(edge - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"location": "Mars/Olympus"}, "not a time zone"),
        ({"start_time": "2am"}, "not a time of day"),
        ({"weekdays": ["funday"]}, "not a weekday"),
        ({"days_of_month": ["32"]}, "not a day of the month"),
        ({"days_of_month": ["7:1"]}, "not a day of the month"),
        ({"start": "2026-01-05T20:00"}, "only one of"),
        ({"start": "2026-01-05T20:00", "end": "2026-01-05T20:00"}, "ends before it begins"),
        ({"start": "tomorrow", "end": "2026-01-05T20:00"}, "not a date and time"),
        ({"start": "2026-01-05T20:00", "end": "2026-01-06T20:00", "weekdays": ["monday"]}, "write two windows"),
    ],
)
def test_a_window_that_cannot_be_is_told_so(keys: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        window(**keys)
