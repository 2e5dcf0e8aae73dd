"""Quiet hours and digests keep to the clock on the wall of their place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stead.app.receiver_settings import DigestSettings, QuietSettings, ReceiverSettings
from stead.domain.finding import Severity
from stead.domain.keeping import kept


def receiver(**more: Any) -> ReceiverSettings:
    return ReceiverSettings(name="anna", **more)


NIGHT = QuietSettings(start_time="22:00", end_time="07:00", location="Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-05T20:59", None),
        ("2026-01-05T21:00", "2026-01-06T06:00"),
        ("2026-01-06T05:59", "2026-01-06T06:00"),
        ("2026-07-05T20:00", "2026-07-06T05:00"),
        ("2026-03-28T23:00", "2026-03-29T05:00"),
    ],
)
def test_a_night_begins_and_ends_by_the_local_clock_also_when_it_is_set_forward(now: str, until: str | None) -> None:
    habits = receiver(quiet_hours=(NIGHT,)).receiver().habits
    found = kept("anna", habits, {}, Severity.WARNING, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (None if found is None else found.until.strftime("%Y-%m-%dT%H:%M")) == until


@pytest.mark.parametrize(("unless", "waits"), [("warning", False), ("critical", True), ("never", True)])
def test_what_is_severe_enough_does_not_wait(unless: Any, waits: bool) -> None:
    habits = receiver(quiet_hours=(NIGHT,), quiet_unless=unless).receiver().habits
    midnight = datetime(2026, 1, 5, 23, tzinfo=UTC)
    assert (kept("anna", habits, {}, Severity.WARNING, midnight) is not None) is waits
    gone = {"anna": midnight + timedelta(days=1)}
    found = kept("anna", habits, gone, Severity.CRITICAL, midnight)
    assert found is not None
    assert str(found) == "anna is away: told at 2026-01-06 23:00 UTC"


@pytest.mark.parametrize(
    ("given", "now", "then"),
    [
        (DigestSettings(every=timedelta(hours=1)), "2026-01-05T09:00", "2026-01-05T10:00"),
        (DigestSettings(at="08:00", location="Europe/Berlin"), "2026-01-05T06:59", "2026-01-05T07:00"),
        (DigestSettings(at="08:00", location="Europe/Berlin"), "2026-01-05T07:00", "2026-01-06T07:00"),
        (DigestSettings(at="08:00", weekdays=("monday",)), "2026-01-05T08:00", "2026-01-12T08:00"),
    ],
)
def test_a_digest_comes_at_its_next_time(given: DigestSettings, now: str, then: str) -> None:
    found = given.digest().after(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found.strftime("%Y-%m-%dT%H:%M") == then


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": timedelta(seconds=1)},
        {},
        {"every": timedelta(hours=1), "at": "08:00"},
        {"at": "25:00"},
        {"at": "08:00", "location": "Moon"},
    ],
)
def test_a_digest_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs one of|too often|is not a time"):
        DigestSettings(**wrong)
