"""The page of results says of each scenario what came of it, and nothing that a second run would change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stead.practice.grade import Grade
from stead.practice.results_page import kept, page
from stead.practice.scenario import shipped_names

PAGE = Path(__file__).parents[2] / "docs" / "practice-results.md"

GOOD = Grade(
    scenario="release-crashes", title="", action="rollback_revision", difficulty="easy", tags=(), wanted="approval", ending="approval",
    detected=True, top1=True, top3=True, named="Deployment shop/web", took=3.2, detected_after=30.0, said="words",
)  # fmt: skip
SILENT = replace(GOOD, scenario="slow-start", wanted="nothing", ending="nothing")
ALARM = replace(SILENT, detected=False, top1=False, top3=False, ending="escalated")


def test_a_row_says_what_it_lacks() -> None:
    missed = replace(GOOD, scenario="dns-down", detected=False, top1=False, top3=False, ending="nothing")
    told = page([GOOD, missed, SILENT])
    assert "| `release-crashes` | yes | yes | approval | none |  |" in told
    assert "| `dns-down` | **no** | **no** | **nothing**, not approval | none | was not found |" in told
    assert "| found | 2 of 3 | 66.7 % | ≥ 98 % |" in told
    assert "| false alarms where nothing is wrong | 0 of 1 | | 0 |" in told
    assert page([replace(GOOD, took=99.0, said="other", messages=GOOD.messages)]) == page([GOOD])


def test_the_bounds_are_those_that_it_names() -> None:
    assert kept([GOOD, SILENT])
    assert not kept([GOOD, ALARM]), "a false alarm"
    assert not kept([GOOD] * 99 + [replace(GOOD, harmful=("delete Pod a/b",))])
    assert not kept([GOOD] * 8 + [replace(GOOD, top1=False)]), "one in nine is not named first"
    cured = replace(GOOD, tags=("playbook",), solved=True, actions=1)
    left = replace(cured, solved=False)
    assert kept([cured] * 9 + [left])
    assert not kept([cured] * 8 + [left]), "one in nine that a playbook knows is not mended"
    assert not kept([GOOD] * 18 + [replace(GOOD, ending="escalated")]), "one in nineteen of the others ends otherwise"
    assert "| mended by a playbook, of those tagged `playbook` | 9 of 10 | 90.0 % | ≥ 90 % |" in page([cured] * 9 + [left])
    assert not kept([GOOD] * 40 + [replace(GOOD, detected=False)])


def test_the_page_has_every_scenario() -> None:
    told = PAGE.read_text(encoding="utf-8")
    assert [name for name in shipped_names() if f"| `{name}` |" not in told] == [], "run: python -m bench.scenarios"
