"""Whole runs with a model: what it proposed and a person denied, and what it does from there; endpoints that fail; costs without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stead.practice.grade import grade
from stead.practice.run import run
from stead.practice.scenario import load, named
from stead.practice.thinkers import NOBODY, Thinker, thinker

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "models"
AT_FAULT = {"kind": "Deployment", "namespace": "payments", "name": "api"}
ROLLBACK = {"verb": "rollback_revision", "target": AT_FAULT, "parameters": {"to_revision": "1"}, "reason": "go back"}


def scripted(folder: Path, *turns: dict) -> Thinker:
    path = folder / "script.yaml"
    YAML().dump({"scenarios": {"*": list(turns)}}, path)
    return thinker(f"script:{path}")


def concludes(*actions: dict, **more: str) -> dict:
    known = {"cause": "licence", "at_fault": AT_FAULT, "confidence": "high", "evidence": [{"claim": "the log", "by": ["F3"]}]}
    return {"conclude": {**known, **more, "actions": list(actions)}}


async def test_a_no_is_told_to_the_model_and_it_goes_on(tmp_path: Path) -> None:
    scenario = load(EXAMPLES / "expired-build.yaml").model_copy(update={"approve": "no"})
    model = scripted(tmp_path, concludes(ROLLBACK), concludes(ROLLBACK, cause="A new licence is needed."))

    seen = await run(scenario, model=model)

    assert [(r["id"], r["ending"]) for r in sorted(seen.runs, key=lambda r: r["number"])] == [("R-1", "parked"), ("R-2", "concluded")]
    again = next(r for r in seen.runs if r["id"] == "R-2")
    assert "What you proposed came to nothing" in again["opening"]
    assert "rollback_revision Deployment payments/api by investigator: denied: denied by person:practice" in again["opening"]
    assert len(seen.approvals) == 1, "what was denied is not asked again in other words"
    assert seen.writes == [] and "A new licence is needed." in seen.last


@pytest.mark.parametrize("fail", [500, "garbage"])
async def test_a_model_that_fails_changes_nothing_but_a_sentence(tmp_path: Path, fail: int | str) -> None:
    scenario = named("missing-config-key")
    alone = grade(scenario, await run(scenario, model=NOBODY))
    graded = grade(scenario, await run(scenario, model=scripted(tmp_path, {"fail": fail, "times": 99})))

    assert graded.passed, graded.why
    assert (graded.tokens, graded.detected_after, graded.ending) == (0, alone.detected_after, alone.ending)
    assert "A model came to no conclusion (R-1, no model)" in graded.said
    assert "A model" not in alone.said
    assert replace(graded, edits=0) == replace(alone, edits=0), "graded as without one"
