"""Clocks that nobody sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.clock import clock as check
from stead.checks.host.clock import parse_properties, parse_tracking
from stead.domain.errors import BlindError
from stead.domain.finding import Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

GROWN = {"cat /proc/uptime": "90000.00 1.00\n"}


def tracking(offset: str, leap: str = "Normal") -> str:
    return f"C0A80101,192.168.1.1,3,1767603600.0,{offset},0.0,0.0,1.0,0.0,0.0,0.0,0.0,64.0,{leap}\n"


@pytest.mark.parametrize(
    ("offset", "severity"), [("0.000012", None), ("-0.9", None), ("-1.5", Severity.WARNING), ("31.000000000", Severity.CRITICAL)]
)
async def test_how_far_chrony_says_it_is_off(says: Any, offset: str, severity: Severity | None) -> None:
    found = await check.run(says({"chronyc": tracking(offset), **GROWN}), "nas", NOW)
    assert [(finding.reason, finding.severity) for finding in found] == ([("ClockOff", severity)] if severity else [])


@pytest.mark.parametrize(("synchronised", "uptime", "count"), [("yes", "90000", 0), ("no", "90000", 1), ("no", "300", 0)])
async def test_a_clock_that_is_set_by_nobody(says: Any, synchronised: str, uptime: str, count: int) -> None:
    answers = {"timedatectl": f"NTP=yes\nNTPSynchronized={synchronised}\nCanNTP=yes\n", "cat /proc/uptime": f"{uptime}.10 1.0\n"}
    found = await check.run(says(answers), "nas", NOW)
    assert [finding.reason for finding in found] == ["ClockNotSynchronised"] * count


async def test_a_chrony_that_follows_nobody_and_no_systemd(says: Any) -> None:
    (found,) = await check.run(says({"chronyc": tracking("0.0", "Not synchronised"), **GROWN}), "nas", NOW)
    assert found.reason == "ClockNotSynchronised"


async def test_nothing_to_ask_is_silence_and_a_refusal_is_blind(says: Any, fails: Any) -> None:
    assert await check.run(says({}), "nas", NOW) == ()
    assert await check.run(says({"timedatectl": fails("System has not been booted with systemd as init system")}), "nas", NOW) == ()
    with pytest.raises(BlindError, match="Access denied"):
        await check.run(says({"timedatectl": fails("Failed to query server: Access denied")}), "nas", NOW)


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    assert parse_tracking(text) is None or text.count(",") == 13
    assert all(f"{name}={value}" in text for name, value in parse_properties(text).items())
