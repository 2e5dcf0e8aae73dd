"""Budgets beyond one run: of an incident, an agent, a day and a month, in tokens, money and time, counted in the store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken

from stead.app.config import settings_of
from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server
from stead.store import spending

Make = Callable[..., Any]
CONCLUDES: Json = {
    "cause": "It is broken.",
    "at_fault": {"kind": "Pod", "namespace": "payments", "name": "api"},
    "confidence": "high",
    "evidence": [],
}


def two_turns(body: Json) -> Answer:
    """Words first, then a conclusion: two calls of the model for each run."""
    said = [message for message in body["messages"] if message["role"] == "assistant"]
    return Answer(calls=[("conclude", CONCLUDES)]) if said else Answer(text="Let me see.")


@asynccontextmanager
async def services(folder: Path, url: str, clock: SteppedClock) -> AsyncIterator[Make]:
    """`await make(budgets)`: a running service with a model at 1 a token that is sent, and these budgets."""
    async with AsyncExitStack() as stack:

        async def make(budgets: Json) -> tuple[OnCall, ModelServer]:
            server = await stack.enter_async_context(model_server(two_turns))
            model = {"name": "m", "kind": "openai", "model": "x", "base_url": server.url, "price_in": 1e6}
            given = {"store": {"folder": str(folder / "state"), "url": url}, "models": [model], "budgets": budgets}
            on_call = OnCall(settings_of(given), clock, edit=True, chats=["chat"])
            await on_call.stead.start()
            stack.push_async_callback(lambda: on_call.stead.stop())
            return on_call, server

        yield make


@pytest.fixture
async def made(tmp_path: Path, sqlite_url: str, clock: SteppedClock) -> AsyncIterator[Make]:
    async with services(tmp_path, sqlite_url, clock) as make:
        yield make


@pytest.fixture
async def made_on_both(tmp_path: Path, database_url: str, clock: SteppedClock) -> AsyncIterator[Make]:
    async with services(tmp_path, database_url, clock) as make:
        yield make


async def runs(on_call: OnCall) -> list[tuple[str, str]]:
    return [(run["ending"], run["note"]) for run in await on_call.stead.agent_runs()]


async def breaks(on_call: OnCall, name: str) -> None:
    await on_call.sees(broken("Pod", name), after=timedelta(minutes=1))


@pytest.mark.parametrize(
    ("budgets", "name"),
    [
        ({"incident": {"tokens": 1}}, "the incident"),
        ({"agents": {"investigator": {"tokens": 1}}}, "the agent investigator for the day"),
        ({"day": {"money": 0.5}}, "the day"),
        ({"month": {"tokens": 1}}, "the month"),
        ({"day": {"time": "1ms"}}, "the day"),
    ],
)
async def test_each_of_them_ends_a_run_after_the_answer_that_spent_it(made: Make, budgets: Json, name: str) -> None:
    on_call, server = await made(budgets)
    await breaks(on_call, "api")

    assert len(server.requests) == 1, "nothing more is asked"
    ((ending, note),) = await runs(on_call)
    assert ending == "out of budget" and note.startswith(f"the budget of {name}: ")
    assert on_call.chat.messages, "the message did not wait for it"


async def test_what_is_spent_survives_a_restart_and_the_day_begins_anew(made_on_both: Make) -> None:
    on_call, server = await made_on_both({"day": {"tokens": 1}})
    await breaks(on_call, "api")
    await on_call.restart()
    await breaks(on_call, "web")
    assert len(server.requests) == 1
    said = [ending for ending, _ in await runs(on_call)]
    assert said == ["out of budget", "out of budget"]
    (text,) = {event["said"] for event in await on_call.events("run.step") if event.get("run") == "R-2"}
    assert text.startswith("R-2 ended, out of budget: the budget of the day: ")

    await on_call.passes(timedelta(days=1))
    await breaks(on_call, "db")
    assert len(server.requests) == 2, "a new day, a new budget"


async def test_the_budget_of_an_incident_is_no_other_incidents(made: Make) -> None:
    on_call, server = await made({"incident": {"tokens": 1}})
    await breaks(on_call, "api")
    await breaks(on_call, "web")
    assert len(server.requests) == 2


async def test_what_is_left_is_used_and_counted_once(made: Make) -> None:
    on_call, server = await made({"day": {"tokens": 10_000_000, "money": 1e9}})
    await breaks(on_call, "api")
    assert [ending for ending, _ in await runs(on_call)] == ["concluded"] and len(server.requests) == 2
    (run,) = await on_call.stead.agent_runs()
    status = (await on_call.stead.status())["models"]
    assert status["day"]["tokens"] == status["month"]["tokens"] == run["tokens"] > 0
    assert status["day"]["money"] == pytest.approx(run["tokens_in"])
    assert (status["day"]["calls"], status["day"]["spent_out"]) == (2, "")
    by_agent = await on_call.stead.store.look(spending.by_agent, on_call.clock.now() - timedelta(hours=1))
    assert by_agent["investigator"].tokens == run["tokens"]
    assert json.dumps(status["day"]["limit"]) == '{"tokens": 10000000, "money": 1000000000.0, "seconds": null}'
