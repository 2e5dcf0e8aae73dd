"""What an agent may not have, its model cannot have: the real service, a model that asks for it anyway, and a soul that is edited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server

TOOL = """
import msgspec

from stead.declare import Looked, Tool, Toolset


class Nothing(msgspec.Struct):
    pass


async def peep(estate, asked):
    return Looked(text="the secret garden")


keyhole = Toolset(name="keyhole", fits=lambda estate: True, tools=(Tool(name="peep", arguments=Nothing, run=peep, page="Look through."),))
"""
SOUL = "You are the door keeper of this house. You look, and you never change anything."


def keeper(home: Path, lists: str, text: str = SOUL) -> None:
    """The investigator of this house."""
    folder = home / "agents" / "investigator"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soul.md").write_text(text)
    (folder / "soul.manifest.yaml").write_text(f"id: own.keeper\nslug: investigator\nname: K\ndescription: Keeps.\ntoolsets: {lists}\n")


def concluded(cause: str) -> tuple[str, Json]:
    return "conclude", {"cause": cause, "at_fault": {"kind": "Host", "name": "house"}, "confidence": "high", "evidence": []}


def peeps(body: Json) -> Answer:
    """Looks through the keyhole, whether it is offered or not, and concludes with what it was told."""
    told = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    return Answer(calls=[concluded(told[-1])] if told else [("peep", {})])


@asynccontextmanager
async def kept(home: Path, clock: SteppedClock, lists: str, **agents: Any) -> AsyncIterator[tuple[Any, ModelServer]]:
    (home / "run").mkdir(exist_ok=True)
    (home / "own").mkdir(exist_ok=True)
    (home / "own" / "keyhole.py").write_text(TOOL)
    keeper(home, lists)
    async with model_server(peeps) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        named = {"folders": [str(home / "agents")], **agents}
        async with running(home, clock, models=[model], agents=named) as service:
            service.door.write_text("wide open\n")
            await service.happens("approval.asked")
            yield service, server


async def investigated(service: Any) -> str:
    """What the model was told of its look."""
    _, asked = await service.post("/api/incidents/1/investigation", {})
    async with asyncio.timeout(30):
        while True:
            seen = (await service.stead.events(limit=1000))[-1]["seq"]
            _, run = await service.get(f"/api/runs/{asked['run']}")
            if run["ending"]:
                return str(run["conclusion"]["cause"])
            await service.stead.wait_for_events(seen)


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ("{default_enabled: [keyhole]}", "the secret garden"),
        ("{default_enabled: ['*']}", "the secret garden"),
        ("{forbidden: [keyhole], default_enabled: ['*']}", "this agent may not use the toolset `keyhole`"),
        ("{default_enabled: [host]}", "this agent may not use the toolset `keyhole`"),
        ("{optional: [keyhole]}", "the toolset `keyhole` is not switched on for this agent"),
    ],
)
async def test_a_model_has_the_tools_of_its_agent_and_no_other(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, lists: str, said: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    async with kept(tmp_path, clock, lists) as (service, server):
        assert said in await investigated(service)
        offered = [tool["function"]["name"] for tool in server.requests[0]["tools"]]
        assert ("peep" in offered) is (said == "the secret garden")
        assert "garden" in json.dumps(server.requests) or said != "the secret garden"


async def test_a_person_may_switch_on_what_is_left_open(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    switched = {"investigator": {"enable": ["keyhole"]}}
    async with kept(tmp_path, clock, "{optional: [keyhole]}", tools=switched) as (service, _):
        assert "the secret garden" in await investigated(service)


async def test_the_next_run_has_the_soul_as_it_was_edited(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    async with kept(tmp_path, clock, "{default_enabled: [keyhole]}") as (service, server):
        await investigated(service)
        keeper(tmp_path, "{forbidden: [keyhole]}", SOUL + " You sing.")
        assert "may not use" in await investigated(service)
        systems = [request["messages"][0]["content"] for request in server.requests]
        assert ("You sing." in systems[0], "You sing." in systems[-1]) == (False, True)
