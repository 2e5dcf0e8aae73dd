"""What runs leave behind: a runbook that a person approves before the next case is told it, and skills that taint keeps back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Service, running
from tests.gateway.test_goals import ended
from tests.gateway.test_runs import types

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server

RUNBOOK = "# A door stands open\n\n## When it fits\nThe check says so.\n\n## Cure\nShut it; token=hunter2secret is not needed.\n"
SKILL = "# Oil a hinge\n\n1. Take the can.\n2. Two drops.\n"


class Tutor:
    """A model that writes a skill down, perhaps after a look at what others wrote, and concludes with a runbook."""

    def __init__(self) -> None:
        self.look_first = False

    def __call__(self, body: Json) -> Answer:
        done = sum(1 for message in body["messages"] if message["role"] == "tool")
        calls: list[tuple[str, Json]] = [("remember", {"about": "skill", "fact": SKILL})]
        if self.look_first:
            calls.insert(0, ("host_journal", {}))
        conclusion = {"cause": RUNBOOK, "at_fault": {"kind": "Host", "name": "house"}, "confidence": "high", "evidence": []}
        return Answer(calls=[[*calls, ("conclude", conclusion)][done]])


@pytest.fixture
async def school(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Service, ModelServer, Tutor]]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    tutor = Tutor()
    nobody = {"version": 1, "rules": [{"id": "never", "verdict": "deny", "when": {"verb": "close_door"}}]}
    async with model_server(tutor) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        async with running(tmp_path, clock, models=[model], policy=nobody) as service:
            yield service, server, tutor


async def test_a_solved_incident_becomes_a_runbook_that_the_next_one_shows(school: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service, _, _ = school
    service.door.write_text("wide open\n")
    await service.happens("incident.opened")
    service.door.unlink()
    closed = await service.happens("incident.closed")
    code, out, _ = await types(service, capsys, "investigate I-1 --goal debrief")
    assert code == 0, out
    await ended(service, out.split()[0])

    _, entries = await service.get("/api/knowledge")
    draft = next(entry for entry in entries if entry["kind"] == "runbook")
    assert (draft["state"], draft["incident"], draft["source"], draft["title"]) == ("proposed", "I-1", "stead", "A door stands open")
    assert draft["fits"] == {"checks": ["door_open"], "reasons": ["Open"], "kinds": ["Host"], "namespaces": [], "names": []}
    assert "hunter2secret" not in str(await service.get(f"/api/knowledge/{draft['id']}"))
    _, out, _ = await types(service, capsys, "show I-1")
    assert f"Runbook, a draft that waits for you: A door stands open (stead knowledge show {draft['id']})" in out

    assert (await types(service, capsys, f"knowledge approve {draft['id']}"))[0] == 0
    service.door.write_text("wide open\n")
    await service.happens("finding.opened", after=closed["seq"])
    _, incident = await service.get("/api/incidents/1")
    shown = [(entry["title"], entry["state"]) for entry in incident["knowledge"] if entry["kind"] == "runbook"]
    assert shown == [("A door stands open", "approved")]

    assert (await types(service, capsys, f"knowledge forget {draft['id']}"))[1] == f"{draft['id']} is forgotten: A door stands open\n"
    assert (await types(service, capsys, f"knowledge show {draft['id']}"))[0] == 1


async def test_a_solved_incident_is_written_up_by_itself_once_for_each_fault(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    nobody = {"version": 1, "rules": [{"id": "never", "verdict": "deny", "when": {"verb": "close_door"}}]}
    async with model_server(Tutor()) as server:
        models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        async with running(tmp_path, clock, models=models, policy=nobody, agents={"debrief": "solved"}) as service:
            for _ in range(2):
                seen = (await service.stead.events(limit=10_000))[-1:]
                after = seen[0]["seq"] if seen else 0
                service.door.write_text("wide open\n")
                await service.happens("decision.made", after)
                run = (await service.get("/api/runs"))[1][0]["id"]
                await ended(service, run)  # what a playbook's proposal that was denied leaves to a model
                service.door.unlink()
                await service.happens("incident.closed", after)
                await settled(service)
            _, runs = await service.get("/api/runs")
            _, entries = await service.get("/api/knowledge")
    debriefs = [run for run in runs if run["goal"] == "debrief"]
    assert [(run["asked_by"], run["ending"]) for run in debriefs] == [("system:stead", "concluded")], "the second fault is known"
    assert [entry["state"] for entry in entries if entry["kind"] == "runbook"] == ["proposed"]


async def settled(service: Service) -> None:
    async with asyncio.timeout(60):
        while not await service.stead.quiescent():
            await asyncio.sleep(0.01)


async def test_a_skill_holds_at_once_unless_words_of_others_led_to_it(school: Any) -> None:
    service, _, tutor = school
    _, asked = await service.post("/api/runs", {"goal": "what-if", "question": "how do I oil a hinge?"})
    run = await ended(service, asked["run"])
    assert run["ending"] == "concluded", run["note"]
    _, entries = await service.get("/api/knowledge")
    assert [(e["kind"], e["title"], e["state"], e["run"], e["tainted"]) for e in entries] == [
        ("skill", "Oil a hinge", "approved", "R-1", False)
    ]
    tutor.look_first = True
    _, asked = await service.post("/api/runs", {"goal": "what-if", "question": "again?", "agent": "investigator"})
    await ended(service, asked["run"])
    _, entries = await service.get("/api/knowledge")
    assert [(e["state"], e["run"], e["tainted"]) for e in entries if e["run"] == "R-2"] == [("proposed", "R-2", True)], "a draft"
