"""The journal, as it is read: whole, odd, cut off, without rights, absent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.journal import entries, parse_entries
from stead.domain.errors import BlindError

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

LINE = '{"__REALTIME_TIMESTAMP":"1767603600000000","MESSAGE":"hello","_SYSTEMD_UNIT":"x.service","_TRANSPORT":"stdout"}'


def test_messages_come_as_text_as_bytes_as_several_and_as_nothing() -> None:
    given = ['"a"', "[104, 105]", '["one", "two"]', "null", "[]", "[999]", "7"]
    found, odd = parse_entries("\n".join(f'{{"__REALTIME_TIMESTAMP": "1", "MESSAGE": {each}}}' for each in given))
    assert ([entry.message for entry in found], odd) == (["a", "hi", "one", "", "", "", ""], [])


async def test_no_journal_is_nothing_and_no_right_is_blind(says: Any, fails: Any) -> None:
    assert await entries(says({}), 5) is None
    assert await entries(says({"journalctl": fails("No journal files were found.")}), 5) is None
    hint = fails("Hint: You are currently not seeing messages from other users and the system.", code=0, stdout=LINE)
    with pytest.raises(BlindError, match="systemd-journal") as caught:
        await entries(says({"journalctl": hint}), 5)
    assert caught.value.reason == "Forbidden"


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    found, odd = parse_entries(text)
    assert len(found) + len(odd) <= len(text.split("\n"))


@given(st.integers(1, len(LINE) - 1))
def test_a_line_that_is_cut_off_is_told_as_such(length: int) -> None:
    assert parse_entries(LINE[:length]) == ([], [LINE[:length]])


def test_nothing_in_a_line_can_hurt() -> None:
    assert parse_entries("[" * 100_000)[0] == []
    assert parse_entries('{"__REALTIME_TIMESTAMP": "9999999999999999999999"}')[0] == []
