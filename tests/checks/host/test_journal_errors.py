"""Errors that a program repeats."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.journal_errors import form, journal_errors

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def line(message: str = "", minute: int = 0, **fields: str) -> str:
    at = int((NOW - timedelta(minutes=30) + timedelta(minutes=minute)).timestamp() * 1_000_000)
    return json.dumps({"__REALTIME_TIMESTAMP": str(at), "MESSAGE": message, **fields})


def burst(times: int, **fields: str) -> str:
    return "\n".join(line(f"connection {n} to 0xdeadbeef{n:08x} lost", n % 10, **fields) for n in range(times))


@pytest.mark.parametrize(("times", "count"), [(19, 0), (20, 1), (300, 1)])
async def test_twenty_alike_are_a_burst(says: Any, times: int, count: int) -> None:
    found = await journal_errors.run(says({"journalctl": burst(times, _SYSTEMD_UNIT="sync.service")}), "nas", NOW)
    assert [str(finding.subject) for finding in found] == ["Unit sync.service"] * count


async def test_who_has_no_unit_speaks_for_the_host(says: Any) -> None:
    (found,) = await journal_errors.run(says({"journalctl": burst(20, SYSLOG_IDENTIFIER="cron")}), "nas", NOW)
    assert str(found.subject) == "Host nas"
    assert found.evidence[0].tainted


@pytest.mark.parametrize("fields", [{"SYSLOG_IDENTIFIER": "sshd"}, {"_TRANSPORT": "kernel"}])
async def test_strangers_at_the_door_and_the_kernel_are_left_alone(says: Any, fields: dict[str, str]) -> None:
    assert list(await journal_errors.run(says({"journalctl": burst(90, **fields)}), "nas", NOW)) == []


async def test_a_flood_of_kinds_is_ten_findings(says: Any) -> None:
    text = "\n".join(burst(20, SYSLOG_IDENTIFIER=f"p{n}") for n in range(30))
    assert len(await journal_errors.run(says({"journalctl": text}), "nas", NOW)) == 10


@given(st.text())
def test_a_form_is_one_short_line_and_its_own_form(text: str) -> None:
    made = form(text)
    assert len(made) <= 80
    assert "\n" not in made
    assert form(made) == made
