"""Units that failed, as systemd lists them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.failed_units import failed_units, parse_units
from stead.domain.errors import BlindError
from stead.domain.finding import FindingState
from stead.ports import Completed

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Host:
    def __init__(self, stdout: str = "", stderr: str = "", code: int = 0) -> None:
        self.answer = Completed(code=code, stdout=stdout, stderr=stderr)

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        return self.answer


async def test_each_failed_unit_is_a_fault_with_a_line_to_paste() -> None:
    rows = [
        "backup@home-data.service loaded failed failed Back up",
        "● mnt-a\\x20b.mount loaded failed failed /mnt/a b",
        "ok.timer loaded active waiting x",
    ]
    found = await failed_units.run(Host("\n".join(rows)), "home", NOW)
    assert [f.subject.name for f in found] == ["backup@home-data.service", "mnt-a\\x20b.mount"]
    assert found[1].evidence[0].command == "systemctl status --no-pager -- 'mnt-a\\x20b.mount'"


@pytest.mark.parametrize(
    "host",
    [
        Host(),
        Host(code=127),
        Host(code=1, stderr="System has not been booted with systemd as init system (PID 1). Can't operate."),
    ],
)
async def test_no_failed_unit_and_no_systemd_are_silence(host: Host) -> None:
    assert list(await failed_units.run(host, "home", NOW)) == []


async def test_a_systemd_that_does_not_answer_is_blind() -> None:
    with pytest.raises(BlindError, match="timed out"):
        await failed_units.run(Host(code=1, stderr="Failed to list units: Connection timed out"), "home", NOW)


async def test_a_line_that_is_cut_off_is_blind_and_the_rest_is_told() -> None:
    found = await failed_units.run(Host("a.service loaded failed failed A\nb.service loa"), "home", NOW)
    assert [f.state for f in found] == [FindingState.FIRING, FindingState.BLIND]


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    units, odd = parse_units(text)
    assert len(units) + len(odd) <= len(text.splitlines())
