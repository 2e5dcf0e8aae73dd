"""`kill -9` at every point of a run for a goal: it goes on where it was and ends once, and what was written down is not paid for again."""

from __future__ import annotations

import contextlib
import signal

import aiohttp
from tests.journey.conftest import Json
from tests.journey.test_kill_quiet import House, house

from stead.practice.model_server import Answer, model_server

__all__ = ["house"]

POINTS = (
    "investigate.before-tool",
    "investigate.after-tool",
    "investigate.tool-recorded",
    "investigate.before-model",
    "investigate.after-model",
    "investigate.model-recorded",
)
"""In their order, since a goal's packs look before a model is asked: the run goes on in each life from where it died in the one before."""

CONCLUDES = {
    "cause": "All is well.",
    "at_fault": {"kind": "Estate", "name": "none"},
    "confidence": "high",
    "evidence": [{"claim": "it says so", "by": ["E1"]}],
}


async def test_one_run_for_a_goal_survives_all_of_them(house: House) -> None:
    house.is_well("disk")
    script = house.folder / "box" / "backups.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho the secret garden\n")
    script.chmod(0o755)
    house.more = {"tools": {"packs": {"scripts": {"backups": {"path": str(script)}}}}}
    async with model_server(lambda _: Answer(calls=[("conclude", CONCLUDES)])) as server:
        house.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        dying = await house.start(crash_at=POINTS[0])
        await house.until(lambda: house.get("/api/status"))
        with contextlib.suppress(aiohttp.ClientError):  # it may die before it answers
            await house.call("POST", "/api/runs", {"goal": "health-check"})
        assert await house.died(dying) == -signal.SIGKILL
        for point in POINTS[1:]:
            await house.dies_at(point)
        asked = len(server.requests)

        await house.start()

        async def ended() -> Json | None:
            run = await house.get("/api/runs/R-1")
            return run if run["ending"] else None

        run = await house.until(ended)

    assert (run["ending"], run["goal"], run["conclusion"]["struck"]) == ("concluded", "health-check", [])
    assert [(step["kind"], step.get("evidence")) for step in run["steps"]] == [("tool", "E1"), ("model", None)]
    assert "the secret garden" in run["steps"][0]["text"]
    assert (asked, len(server.requests)) == (2, 2), "only the answer that was under way at a crash is asked for once more"
    assert [row["id"] for row in await house.get("/api/runs")] == ["R-1"]
