"""What checks in the manner of Nagios say: lines and measures, odd and cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.estate.own.nagios import MOST, Measure, parse, parse_measures


def test_a_line_measures_and_more() -> None:
    said = parse("DISK WARNING - / 91% used|/=91%;90;95;0;100\nsecond line\nthird | 'inodes free'=12%;;5\n")
    assert (said.line, said.more) == ("DISK WARNING - / 91% used", "second line\nthird")
    assert [str(one) for one in said.measures] == ["/ 91% (warning 90, critical 95)", "inodes free 12% (critical 5)"]


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("load1=0.25;5.0;10.0;0;", [Measure(label="load1", value="0.25", warn="5.0", crit="10.0")]),
        ("time=12.5ms", [Measure(label="time", value="12.5", unit="ms")]),
        ("rta=U", [Measure(label="rta", value="U")]),
        ("'it''s'=-1B;@10:20;~:30", [Measure(label="it's", value="-1", unit="B", warn="@10:20", crit="~:30")]),
        ("a=1 b=2", [Measure(label="a", value="1"), Measure(label="b", value="2")]),
        ("a= b=c =3 d", []),
        ("", []),
    ],
)
def test_measures(text: str, measures: list[Measure]) -> None:
    assert parse_measures(text) == measures


@given(st.text())
def test_whatever_is_written_something_bounded_comes_out(text: str) -> None:
    said = parse(text)
    assert "\n" not in said.line
    assert (len(said.line) <= 300, len(said.more) <= 2000, len(said.measures) <= MOST) == (True, True, True)


def test_a_flood_of_measures_is_cut_and_quick() -> None:
    assert len(parse("x|" + " ".join(f"m{n}=1" for n in range(10_000))).measures) == MOST
    parse("x|" + "'" * 50_000 + "=1;" * 50_000)
