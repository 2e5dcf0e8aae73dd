"""The ending *failed*: Stead itself breaks at a run, again and again. A person is told in a sentence, and what the checks said stays."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.gateway.conftest import Service, running

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, model_server

PAGE = Path(__file__).parents[2] / "docs" / "practice-models.md"

BROKEN = """
from stead.declare import Applied, Verb
from stead.domain.action import Risk


async def no_objection(action, estate):
    return ""


async def bolt(action, estate, hands):
    return Applied(note="bolted")


async def never(action, estate):
    return False


def line(subject, parameters):
    return {"password=hunter2secret": 1}["the key"]


bolt_door = Verb(
    name="bolt_door", risk=Risk.LOW, reversible=True, kinds=("Host",), rbac=(), command=line,
    preflight=no_objection, apply=bolt, landed=never,
)
"""


async def lived_through(service: Service) -> Any:
    """The run, after all lives that it is given."""
    async with asyncio.timeout(90):
        while not (run := (await service.get("/api/runs/R-1"))[1])["ending"] or not await service.stead.quiescent():
            if await service.stead.quiescent():
                service.clock.advance(timedelta(seconds=31))
            await asyncio.sleep(0.02)
    return run


def said(incident: Any) -> list[str]:
    return [block["text"] for delivery in incident["deliveries"] for block in delivery["message"]["blocks"]]


def bolts(_: Json) -> Answer:
    """Concludes at once, and proposes what breaks."""
    target = {"kind": "Host", "name": "house"}
    conclusion: Json = {"cause": "The door is open.", "at_fault": target, "confidence": "high", "evidence": []}
    return Answer(calls=[("conclude", {**conclusion, "actions": [{"verb": "bolt_door", "target": target, "reason": "it is open"}]})])


async def test_an_action_that_breaks_ends_the_run_and_nothing_else(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bolt.py").write_text(BROKEN)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    kind, ending, answers, because = _row()
    async with model_server(bolts) as server, _log() as log:
        more: Any = {"models": [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]}
        async with running(tmp_path, clock, channels=[{"name": "screen", "kind": "terminal"}], **more) as service:
            service.door.write_text("wide open\n")
            await service.happens("delivery.sent")
            before = said((await service.get("/api/incidents/1"))[1])
            await service.post("/api/incidents/1/investigation", {})
            run = await lived_through(service)
            after = (await service.get("/api/incidents/1"))[1]
    assert (run["ending"], len(run["steps"]), str(len(server.requests))) == (ending, 1, answers), kind
    assert run["note"] == f"{because} (KeyError: 'the key'); the service's log says where"
    assert [each["kind"] for each in log if each["event"] == "a workflow failed"] == ["investigate"] * 5
    assert run["tokens"] > 0, "what was paid for stays counted"
    assert f"A model came to no conclusion (R-1, failed). {run['note']}" in said(after)
    assert set(before) <= set(said(after)), "what the checks said stays as it was"
    assert (after["state"], len(server.requests)) == ("awaiting_approval", 1)


@contextlib.asynccontextmanager
async def _log() -> AsyncIterator[Any]:
    with capture_logs() as log:
        yield log


def _row() -> tuple[str, ...]:
    found = re.search(r"^\| (an action [^|]+) \| [^|]+ \| ([a-z]+) \| (\d+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert found is not None
    return found.groups()
