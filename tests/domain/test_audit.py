"""The audit chain: whatever is done to it is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stead.domain.audit import GENESIS, Head, Row, problems

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def chain(length: int, body: str = "{}") -> list[Row]:
    rows: list[Row] = []
    for n in range(1, length + 1):
        before = rows[-1].hash if rows else GENESIS
        at = NOW + timedelta(seconds=n)
        row = Row(seq=n, at=at, kind="decision", principal="system:stead", incident=1, action="1.1.1.1", body=body, before=before)
        rows.append(replace(row, hash=row.hashed()))
    return rows


def head(row: Row) -> Head:
    return Head(seq=row.seq, hash=row.hash, at=NOW)


def found(rows: list[Row], *heads: Head) -> list[str]:
    return list(problems(rows, heads))


def test_a_whole_chain_has_no_problems():
    rows = chain(5)
    assert found(rows, head(rows[2]), head(rows[4])) == []
    assert found([]) == []


@given(st.integers(1, 6), st.sampled_from(["kind", "principal", "action", "body", "at", "incident", "before", "hash"]))
def test_any_field_of_any_row_that_is_changed_is_found(number: int, field: str):
    rows = chain(6)
    other = {"at": NOW - timedelta(days=1), "incident": 2}.get(field, "f" * 64)
    rows[number - 1] = replace(rows[number - 1], **{field: other})
    assert found(rows)


@given(st.integers(0, 4))
def test_a_row_that_is_taken_out_or_put_twice_is_found(n: int):
    rows = chain(6)
    assert found(rows[:n] + rows[n + 1 :])
    assert found([*rows[: n + 1], *rows[n:]])


def test_a_tail_that_is_cut_off_does_not_fit_a_head():
    rows = chain(6)
    assert found(rows[:4]) == [], "the chain alone cannot tell"
    assert found(rows[:4], head(rows[5])) == ["the chain ends at row 4, and had 6 rows on 2026-03-01 03:00 UTC: its tail was cut off"]


def test_a_chain_that_is_written_anew_does_not_fit_a_head():
    signed = head(chain(6)[3])
    (said,) = found(chain(6, body='{"other":1}'), signed)
    assert said == "row 4 is not the one that was signed on 2026-03-01 03:00 UTC: the chain was written anew"
