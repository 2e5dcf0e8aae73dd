"""ext4 file systems that want fsck."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.filesystem_errors import filesystem_errors, parse_counts
from stead.domain.finding import FindingState

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def test_recorded_errors_are_told(says: Any) -> None:
    text = "/sys/fs/ext4/sda1/errors_count:0\n/sys/fs/ext4/dm-0/errors_count:17\n"
    (found,) = await filesystem_errors.run(says({"grep": text}), "nas", NOW)
    assert (found.container, found.evidence[0].value) == ("dm-0", "17")


async def test_no_ext4_and_no_grep_are_silence(says: Any, fails: Any) -> None:
    assert await filesystem_errors.run(says({}), "nas", NOW) == ()
    assert await filesystem_errors.run(says({"grep": fails("grep: /sys/fs/ext4: No such file or directory", code=2)}), "nas", NOW) == ()


async def test_a_cut_line_is_blind(says: Any) -> None:
    (found,) = await filesystem_errors.run(says({"grep": "/sys/fs/ext4/sda1/errors_c"}), "nas", NOW)
    assert found.state is FindingState.BLIND


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    counts, odd = parse_counts(text)
    assert len(counts) + len(odd) <= len(text.splitlines())
