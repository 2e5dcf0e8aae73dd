"""Models of every kind, each let loose on a practice cluster: the page's table says how it ends, and so it ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stead.practice.run import run
from stead.practice.scenario import named
from stead.practice.thinkers import Thinker, thinker

DOCS = Path(__file__).parents[2] / "docs"
KINDS = DOCS / "examples" / "models" / "kinds"
REFUSED = "endpoint-refused"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| [^|]+ \| ([a-z ]+) \| (\d+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall((DOCS / "practice-models.md").read_text())


def test_every_kind_has_its_row() -> None:
    assert sorted(kind for kind, *_ in ROWS) == sorted([REFUSED, *(file.stem for file in KINDS.glob("*.yaml"))])


@pytest.mark.parametrize(("kind", "ending", "answers", "because"), ROWS, ids=[row[0] for row in ROWS])
async def test_it_ends_as_the_page_says_and_harms_nothing(kind: str, ending: str, answers: str, because: str) -> None:
    seen = await run(named("wrong-password"), model=_thinker(kind))

    (made,) = seen.runs
    told = [step for step in made["steps"] if step["kind"] == "model" and not step["failure"]]
    assert (made["ending"], len(told)) == (ending, int(answers)), made["note"]
    if ending != "concluded":
        assert because in made["note"]
    assert seen.writes == [] and seen.faults == []
    assert [incident["state"] for incident in seen.incidents] == ["open"]
    if kind == "lying":
        assert not made["conclusion"]["evidence"] and len(made["conclusion"]["struck"]) == 2
    if "`low`" in because:
        assert made["conclusion"]["confidence"] == "low"


def _thinker(kind: str) -> Thinker:
    if kind == REFUSED:
        return Thinker(name=kind, models=({"name": "script", "kind": "openai", "model": "x", "base_url": "http://127.0.0.1:9/v1"},))
    return thinker(f"script:{KINDS / kind}.yaml")
