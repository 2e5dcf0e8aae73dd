"""When a schedule comes: the forms, the days on which clocks are set, and whatever else somebody writes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stead.domain.schedule import Schedule, parse_schedule

WORDS = (
    "every 90s",
    "every 15m",
    "every 1h30m",
    "every 1d",
    "every 1d at 02:30",
    "every 2d at 08:00,20:00",
    "every 6h from 2026-06-01T01:10",
    "30 2 * * *",
    "*/20 2,3 * * *",
    "15 * * * *",
    "*/7 * * * * *",
    "0 */2 * * mon-fri",
    "0 0 L * *",
    "0 12 13 * fri",
    "0 0 29 2 *",
    "@daily",
    "@hourly",
    "at 2026-06-01T09:00",
)
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia")
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def times(text: str, since: str, count: int = 3, zone: str = "UTC") -> list[str]:
    """The next `count` times after `since` (UTC), as a clock of the zone shows them."""
    schedule, moment = parse_schedule(text, zone), datetime.fromisoformat(since).replace(tzinfo=UTC)
    return [f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M:%S}" for at in following(schedule, moment, count)]


def following(schedule: Schedule, moment: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < count and (at := schedule.next_after(found[-1] if found else moment)) is not None:
        found.append(at)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every 90s", ["06-10 10:16:30", "06-10 10:18:00", "06-10 10:19:30"]),
        ("every 15m", ["06-10 10:30:00", "06-10 10:45:00", "06-10 11:00:00"]),
        ("every 1h", ["06-10 11:00:00", "06-10 12:00:00", "06-10 13:00:00"]),
        ("every 1d at 09:00", ["06-11 09:00:00", "06-12 09:00:00", "06-13 09:00:00"]),
        ("every 12h from 2026-06-11T07:00", ["06-11 07:00:00", "06-11 19:00:00", "06-12 07:00:00"]),
        ("every 1w at 09:00", ["06-15 09:00:00", "06-22 09:00:00", "06-29 09:00:00"]),
        ("every 2d at 8:00,20:00 from 2026-06-11", ["06-11 08:00:00", "06-11 20:00:00", "06-13 08:00:00"]),
        ("@daily", ["06-11 00:00:00", "06-12 00:00:00", "06-13 00:00:00"]),
        ("0 9 * * mon-fri", ["06-11 09:00:00", "06-12 09:00:00", "06-15 09:00:00"]),
        ("0 9 * * 5-7", ["06-12 09:00:00", "06-13 09:00:00", "06-14 09:00:00"]),
        ("30 0 9 * * *", ["06-11 09:00:30", "06-12 09:00:30", "06-13 09:00:30"]),
        ("*/20 15 10 * * *", ["06-10 10:15:20", "06-10 10:15:40", "06-11 10:15:00"]),
        ("0 0 1,L * *", ["06-30 00:00:00", "07-01 00:00:00", "07-31 00:00:00"]),
        ("0 0 13 * fri", ["06-12 00:00:00", "06-13 00:00:00", "06-19 00:00:00"]),
        ("0 0 */2 * fri", ["06-19 00:00:00", "07-03 00:00:00", "07-17 00:00:00"]),
        ("at 2026-12-01T09:00", ["12-01 09:00:00"]),
        ("at 2026-06-10T10:15", []),
    ],
)
def test_each_form_comes_when_it_says(text: str, expected: list[str]) -> None:
    assert times(text, "2026-06-10T10:15:00") == expected


@pytest.mark.parametrize("text", ["30 2 * * *", "*/20 2 * * *", "every 1d at 02:30", "30 */2 * * *"])
def test_a_time_that_is_skipped_comes_once_right_after_the_gap(text: str) -> None:
    found = times(text, "2026-03-29T00:45", 2, "Europe/Madrid")
    assert found[0] == "03-29 03:00:00"
    assert found[1] > "03-29 03:59"


@pytest.mark.parametrize("text", ["30 2 * * *", "every 1d at 02:30"])
def test_a_time_that_comes_twice_counts_the_first_time(text: str) -> None:
    schedule = parse_schedule(text, "Europe/Madrid")
    first, second = following(schedule, datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second - first == timedelta(hours=25)


@pytest.mark.parametrize("text", ["15 * * * *", "every 1h"])
@pytest.mark.parametrize("since", ["2026-03-28T20:00", "2026-10-24T20:00"])
def test_what_comes_each_hour_misses_none_and_repeats_none(text: str, since: str) -> None:
    found = following(parse_schedule(text, "Europe/Madrid"), datetime.fromisoformat(since).replace(tzinfo=UTC), 12)
    assert {later - earlier for earlier, later in itertools.pairwise(found)} == {timedelta(hours=1)}


def test_a_day_of_a_place_that_was_never_is_made_up_for_at_its_end() -> None:
    assert times("0 9 * * *", "2011-12-29T20:00", 3, "Pacific/Apia") == ["12-31 00:00:00", "12-31 09:00:00", "01-01 09:00:00"]


@given(st.sampled_from(WORDS), st.sampled_from(ZONES), MOMENTS, st.integers(1, 40))
def test_it_never_goes_back_and_never_comes_twice(text: str, zone: str, moment: datetime, count: int) -> None:
    found = [moment, *following(parse_schedule(text, zone), moment, count)]
    assert all(earlier < later for earlier, later in itertools.pairwise(found))


@given(st.sampled_from(WORDS), st.sampled_from(ZONES), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_next_time_is_the_same_until_it_has_come(text: str, zone: str, moment: datetime, later: timedelta) -> None:
    """A service that was restarted in between finds the same tick: none is lost, and none is made up."""
    schedule = parse_schedule(text, zone)
    at = schedule.next_after(moment)
    if at is not None and moment + later < at:
        assert schedule.next_after(moment + later) == at


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[-0-9*/,LW?a-z]{1,6}( [-0-9*/,L?a-z]{1,6}){4,5}"), st.sampled_from(WORDS)), MOMENTS)
@example("every 99999w", datetime(2026, 1, 1, tzinfo=UTC))
@example("at 9999-12-31T23:59:59-12:00", datetime(2026, 1, 1, tzinfo=UTC))
@example("0 0 31 12 *", datetime(9999, 12, 31, 23, tzinfo=UTC))
@example("0 0 30 2 *", datetime(2026, 1, 1, tzinfo=UTC))
@example("@reboot", datetime(2026, 1, 1, tzinfo=UTC))
def test_odd_text_is_one_sentence(text: str, moment: datetime) -> None:
    try:
        at = parse_schedule(text).next_after(moment)
    except ValueError as error:
        assert str(error).startswith(("is ", "has ", "never ", "lies "))
        assert "\n" not in str(error)
    else:
        assert at is None or at > moment


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("61 * * * *", "UTC", "has `61` for the minute, which is not within 0 to 59"),
        ("0 9 * * funday", "UTC", "has `funday` for the day of the week, which is not within 0 to 7 or sun to sat"),
        ("0 9 * *", "UTC", "has 4 fields"),
        ("0 0 30 2 *", "UTC", "never comes"),
        ("30-10 * * * *", "UTC", "ends before it begins"),
        ("*/0 * * * *", "UTC", "is not a step"),
        ("every 15", "UTC", "is not a duration; write 90s, 15m"),
        ("every 0s", "UTC", "shorter than a second"),
        ("every 15m at 09:00", "UTC", "is no number of days"),
        ("every 1d at 25:00", "UTC", "is not a time of day"),
        ("at tomorrow", "UTC", "is not a moment; write 2026-12-01T09:00"),
        ("@reboot", "UTC", "is not a nickname that names a time"),
        ("0 9 * * *", "Mars/Olympus", "is in the time zone `Mars/Olympus`, which is not known here"),
        ("0 9 * * *", "../../etc/passwd", "which is not known here"),
        ("0 9 * * *", "", "which is not known here"),
    ],
)
def test_a_wrong_word_is_named_and_what_to_write_instead(text: str, zone: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("*", r"\*")):
        parse_schedule(text, zone)
