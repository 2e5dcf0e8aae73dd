"""Goals: pursued by the agent that serves them, with what their packs see, and without moving or proposing anything."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running
from tests.gateway.test_runs import types

from stead.app.goals import goals_of, read_goal
from stead.app.model_settings import AgentsSettings
from stead.app.souls import shipped
from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.practice.model_server import Answer, Json, model_server

OWN = """---
name: peek
description: Peeps.
agent: general
about: estate
packs: [backups, kubernetes]
---
Say what the owner's script says, and nothing else.
"""
ACTIONS = [{"verb": "close_door", "target": {"kind": "Host", "name": "house"}, "reason": "shut it"}]


def reports(body: Json) -> Answer:
    conclusion = {"cause": "All is well.", "at_fault": {"kind": "Estate", "name": "house"}, "confidence": "high"}
    return Answer(calls=[("conclude", {**conclusion, "evidence": [{"claim": "it says so", "by": ["E1"]}], "actions": ACTIONS})])


async def ended(service: Any, run: str) -> Json:
    async with asyncio.timeout(30):
        while True:
            seen = max((event["seq"] for event in await service.stead.events(limit=1000)), default=0)
            _, found = await service.get(f"/api/runs/{run}")
            if found["ending"]:
                return found
            await service.stead.wait_for_events(seen)


async def test_a_goal_of_the_estate_only_tells(tmp_path: Path, clock: SteppedClock, monkeypatch: Any, capsys: Any) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "box").mkdir()
    script = tmp_path / "box" / "backups.sh"
    script.write_text("#!/bin/sh\necho the secret garden\n")
    script.chmod(0o755)
    (tmp_path / "goals").mkdir()
    (tmp_path / "goals" / "peek.md").write_text(OWN)
    async with model_server(reports) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        tools = {"packs": {"scripts": {"backups": {"path": str(script)}}}}
        agents = {"goal_folders": [str(tmp_path / "goals")]}
        async with running(tmp_path, clock, models=[model], agents=agents, tools=tools) as service:
            service.door.write_text("wide open\n")
            await service.happens("approval.asked")
            code, out, _ = await types(service, capsys, "investigate --goal peek --question really?")
            assert (code, out) == (0, "R-1 investigates; `stead runs show R-1` tells how far it is\n")
            run = await ended(service, "R-1")
            assert (run["ending"], run["goal"], run["agent"], run["estate"]) == ("concluded", "peek", "general", "house")
            assert run["note"] == "what it proposes is not asked about: its goal only tells"
            assert run["conclusion"]["struck"] == [], "what a pack saw may be cited"
            system, opening = (message["content"] for message in server.requests[0]["messages"])
            assert system.startswith(shipped()["general"].text) and system.endswith("and nothing else.")
            assert "A person asks: really?" in opening and "I-1 (" in opening and "the secret garden" in opening
            assert len(server.requests) == 1
            assert len((await service.get("/api/approvals"))[1]) == 1, "that of the playbook, and no other"

            code, out, _ = await types(service, capsys, "runs show R-1")
            assert "R-1  general with the goal peek of house" in out
            assert "peek house" in (await types(service, capsys, "runs list"))[1]

            _, asked = await service.post("/api/runs", {"goal": "incident", "incident": "I-1", "agent": "reviewer"})
            await ended(service, asked["run"])
            assert server.requests[1]["messages"][0]["content"].startswith(shipped()["reviewer"].text)

            code, out, _ = await types(service, capsys, "trigger peek --on deployment/api --wait")
            assert code == 0
            assert "R-3 ended, concluded" in out and "All is well." in out
            assert "A person asks: About deployment/api." in server.requests[2]["messages"][1]["content"]
            assert (await types(service, capsys, "trigger helth"))[0] == 1


async def test_what_cannot_be_is_refused(thinking: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for line, code, said in (
        ("investigate", 2, "neither an incident nor a goal is named"),
        ("investigate --goal helth", 1, "there is no goal `helth`"),
        ("investigate --goal health-check --agent nobody", 1, "there is no agent `nobody`"),
        ("investigate --goal health-check --estate moon", 1, "there is no estate `moon`"),
        ("investigate --goal debrief", 2, "the goal `debrief` is about an incident"),
        ("investigate I-9 --goal debrief", 1, "there is no incident I-9"),
    ):
        found = await types(thinking, capsys, line)
        assert (found[0], found[2].splitlines()[0]) == (code, f"error: {said}")
    _, goals = await thinking.get("/api/goals")
    assert [goal["name"] for goal in goals] == ["debrief", "health-check", "incident", "proactive", "what-if"]


def test_the_shipped_goals_are_served_by_agents_that_say_so() -> None:
    souls = shipped()
    for goal in goals_of(AgentsSettings()).values():
        assert goal.name in souls[goal.agent].goals


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Look.", "peek.md:1: has no front matter"),
        (OWN.replace("about: estate", "about: moon"), "peek.md:5: `about` is not `incident`, `past` or `estate`"),
        (OWN.replace("name: peek", "name: peak"), "peek.md:2: `name` is `peak`, and its file is called peek.md"),
        (OWN.partition("Say")[0], "peek.md says nearly nothing, or holds characters that nobody sees"),
        (OWN.replace("agent: general", "agent: ["), "peek.md:6 is not YAML"),
    ],
)
def test_what_is_wrong_with_a_goal_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "peek.md").write_text(text)
    with pytest.raises(UserError) as refused:
        read_goal(tmp_path / "peek.md")
    assert refused.value.what.removeprefix(f"{tmp_path}/").startswith(said)
