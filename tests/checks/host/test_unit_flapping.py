"""Units that die and are restarted, over and over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.journal import parse_entries
from stead.checks.host.unit_flapping import restarts, unit_flapping
from stead.domain.finding import FindingState

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def line(message: str = "", minute: int = 0, **fields: str) -> str:
    at = int((NOW - timedelta(minutes=30) + timedelta(minutes=minute)).timestamp() * 1_000_000)
    return json.dumps({"__REALTIME_TIMESTAMP": str(at), "MESSAGE": message, **fields})


@pytest.mark.parametrize(("times", "found"), [(2, []), (3, ["web.service"]), (40, ["web.service"])])
async def test_three_automatic_restarts_are_flapping(says: Any, times: int, found: list[str]) -> None:
    text = "\n".join(line("Scheduled restart job", minute, UNIT="web.service") for minute in range(times))
    said = await unit_flapping.run(says({"journalctl": text}), "nas", NOW)
    assert [finding.subject.name for finding in said] == found
    assert [finding.since for finding in said] == [NOW - timedelta(minutes=30) for _ in found]


async def test_a_count_that_grows_is_the_same_fault(says: Any) -> None:
    def text(times: int) -> str:
        return "\n".join(line(minute=minute, UNIT="web.service") for minute in range(times))

    prints = {(await unit_flapping.run(says({"journalctl": text(n)}), "nas", NOW))[0].fingerprint for n in (3, 4, 9)}
    assert len(prints) == 1


async def test_a_cut_line_is_blind_beside_what_was_read(says: Any) -> None:
    text = "\n".join([*(line(minute=m, UNIT="web.service") for m in range(3)), '{"__REALTIME'])
    said = await unit_flapping.run(says({"journalctl": text}), "nas", NOW)
    assert [finding.state for finding in said] == [FindingState.FIRING, FindingState.BLIND]


async def test_a_host_without_a_journal_is_silent(says: Any) -> None:
    assert await unit_flapping.run(says({}), "nas", NOW) == ()


@given(st.text())
def test_no_unit_of_an_odd_name_is_taken(text: str) -> None:
    read, _ = parse_entries(json.dumps({"__REALTIME_TIMESTAMP": "1", "UNIT": text}))
    assert all(unit.isprintable() and " " not in unit for unit in restarts(read))
