"""A job that asks an agent: its answer is told, its silence counts only when it saw everything, and it hears another job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running
from tests.gateway.test_jobs import NIGHTLY, program, ran
from tests.gateway.test_knowledge import SOFA

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, model_server

ASK = {"name": "ask", "kind": "prompt", "schedule": "@daily", "prompt": "Is the house well?", "agent": "general"}
Json = dict[str, Any]


async def answered(
    folder: Path, clock: SteppedClock, answer: Callable[[Json], Answer], *wanted: Json, **more: Any
) -> tuple[Json, list[Json], Json]:
    """Run the job `ask` with a model that answers so: its run, what the model was sent, and the job afterwards."""
    asked: list[Json] = []

    def heard(body: Json) -> Answer:
        asked.append(body)
        return answer(body)

    async with model_server(heard) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url, "price_in": 2.0, "price_out": 8.0}
        async with running(folder, clock, models=[model], jobs={"folders": [str(folder / "jobs")], "stock": False}) as service:
            assert (await service.post("/api/jobs", {"jobs": [*wanted, {**ASK, **more}]}))[0] == 200
            others = [await ran(service, other["name"]) for other in wanted]
            run = {**await ran(service, "ask"), "others": others}
            return run, asked, (await service.get(f"/api/runs/{run['run']}"))[1] if run["run"] else {}


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "jobs").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


async def test_an_answer_is_told_with_what_it_cost_and_hears_other_jobs(tmp_path: Path, clock: SteppedClock) -> None:
    program(tmp_path, "echo the cellar is wet")
    (tmp_path / "jobs" / "CONTEXT.md").write_text("The cellar was dry until May.\n")
    budget = {"tokens": 5000}
    more = {"context_from": "nightly", "workdir": str(tmp_path / "jobs"), "budget": budget}
    run, asked, agent = await answered(tmp_path, clock, lambda _: Answer(text="The cellar is wet. Pump it."), NIGHTLY, **more)
    assert (run["state"], run["silent"], run["output"]) == ("done", "", "The cellar is wet. Pump it.")
    assert run["tokens"] > 0
    assert run["money"] > 0
    told = str(asked[0]["messages"])
    assert "Is the house well?" in told
    assert "the cellar is wet" in told
    assert "dry until May" in told
    assert agent["tainted"]
    assert agent["brief"]["budget"]["tokens"] == 5000
    assert not any("job" in tool["function"]["name"] for tool in asked[0]["tools"])


async def test_a_job_knows_the_house_as_every_run_does(tmp_path: Path, clock: SteppedClock) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "sofa.md").write_text(SOFA)
    (tmp_path / "books" / "pump.md").write_text("# The pump of the cellar\n\nIt starts by hand.\n")
    asked: list[Json] = []

    def heard(body: Json) -> Answer:
        asked.append(body)
        return Answer(text="The sofa comes [K-2], and the moon [K-9].")

    async with model_server(heard) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        more: Json = {"models": [model], "jobs": {"folders": [str(tmp_path / "jobs")], "stock": False}}
        async with running(tmp_path, clock, knowledge=[{"name": "books", "folder": str(tmp_path / "books")}], **more) as service:
            await service.stead.library.refresh(now=True)
            service.door.write_text("wide open\n")
            await service.happens("approval.asked")
            await service.post("/api/memory", {"text": "The pump is called Bertha."})
            await service.call("PUT", "/api/estate/brief", body={"markdown": "# House\n\n## Rooms\n\nA cellar and an attic.\n"})
            await service.post("/api/jobs", {"jobs": [{**ASK, "prompt": "Is the pump of the cellar well?"}]})
            run = await ran(service, "ask")
            told = str(next(body for body in asked if "Job: ask" in str(body["messages"]))["messages"][1]["content"])
            agent = (await service.get(f"/api/runs/{run['run']}"))[1]
    assert "Leave it open until the evening." in told, "the edge case of what is wrong now"
    assert "It starts by hand." in told, "the page that the prompt's words find"
    assert "Bertha" in told
    assert "- Rooms: A cellar and an attic." in told
    assert agent["tainted"], "a repository's words are somebody's"
    assert {"K-1", "K-2"} <= set(agent["brief"]["collected"])
    assert len(json.dumps(told).encode()) <= 4600 + 200


def words(body: Json) -> Answer:
    """Each job gets the answer of its case."""
    told = str(body["messages"])
    if "the moon" in told and body["messages"][-1]["role"] != "tool":
        return Answer(calls=[("list_objects", {"kind": "Moon"})])
    return Answer(text="[SILENT]")


async def test_silence_counts_only_when_every_look_was_made(tmp_path: Path, clock: SteppedClock) -> None:
    others = [
        {**ASK, "name": "moon", "prompt": "Is the moon well?"},
        {**ASK, "name": "packed", "packs": ["backups"]},
        {**ASK, "name": "lonely", "agent": "nobody"},
    ]
    run, _, _ = await answered(tmp_path, clock, words, *others)
    assert (run["state"], run["silent"]) == ("done", "it says [SILENT], and every look of it was made")
    moon, packed, lonely = run["others"]
    assert (moon["state"], moon["silent"]) == ("blind", "")
    assert moon["output"].startswith(
        "it had nothing to tell, but could not see everything\n1 of its looks could not be made: list_objects: "
    )
    assert packed["state"] == "blind"
    assert "there is no context pack `backups`" in packed["output"]
    assert (lonely["state"], lonely["silent"], lonely["output"]) == ("failed", "", "there is no agent `nobody`")
