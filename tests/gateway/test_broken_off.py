"""A call of a model is broken off when its run is ended: at once, with what was spent before kept, and nothing after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Service, running
from tests.gateway.test_runs import types

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server


def hangs(body: Json) -> Answer:
    """It looks once; asked again it says nothing more."""
    seen = [message for message in body["messages"] if message["role"] == "tool"]
    return Answer(fail="hang") if seen else Answer(calls=[("page", {"evidence": "F1"})])


@pytest.fixture
async def hung(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Service, ModelServer]]:
    """A service whose open door a model looks into, at the moment at which its second answer does not come."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    async with model_server(hangs) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url, "first_byte": 90}
        async with running(tmp_path, clock, models=[model]) as service:
            service.door.write_text("wide open\n")
            await service.happens("approval.asked")
            assert (await service.post("/api/incidents/1/investigation", {}))[0] == 200
            await service.happens("run.step")
            async with asyncio.timeout(60):
                while len(server.requests) < 2:
                    await asyncio.sleep(0.01)
            yield service, server


async def broken_off(service: Service, server: ModelServer) -> Any:
    """The run, once its request was closed and all that follows is done."""
    async with asyncio.timeout(60):
        await server.left.wait()
        while not await service.stead.quiescent():
            await asyncio.sleep(0.01)
    return (await service.get("/api/runs/R-1"))[1]


async def test_a_cancelled_run_pays_for_nothing_more(hung: tuple[Service, ModelServer], capsys: pytest.CaptureFixture[str]) -> None:
    service, server = hung
    code, out, _ = await types(service, capsys, "runs cancel R-1")
    assert (code, out.partition(", after")[0]) == (0, "R-1 cancelled: cli cancelled it")
    assert (await service.get("/api/runs/R-1"))[1]["ending"] == "cancelled", "at once"
    run = await broken_off(service, server)
    first, look, broken = run["steps"]
    assert (look["kind"], broken["failure"], broken["spent"]["tokens_in"]) == ("tool", "cli cancelled it", 0)
    assert run["tokens"] == first["spent"]["tokens_in"] + first["spent"]["tokens_out"] > 0, "what is known stays"
    assert len(server.requests) == 2
    assert (await service.get("/api/incidents/1"))[1]["state"] == "awaiting_approval"


async def test_the_stop_switch_breaks_it_off_too(hung: tuple[Service, ModelServer]) -> None:
    service, server = hung
    await service.post("/api/stop", {"reason": "not tonight"})
    run = await broken_off(service, server)
    assert (run["ending"], run["note"]) == ("cancelled", "Stead was stopped by token:admin: not tonight")
    assert len(server.requests) == 2
