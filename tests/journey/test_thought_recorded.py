"""`kill -9` when a step has just been written down: after a model answered, and between tools that run at once. It is not done again."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from tests.journey.test_thought import LOOKS, think

from stead.practice.model_server import model_server
from stead.store import runs
from stead.store.database import Store


def steps_of(database_url: str) -> dict[str, Any]:
    """The steps of R-1 as they are written down, by key."""
    store = Store(database_url)
    try:
        with store.read() as connection:
            return {step.key: (step.at, step.body) for step in runs.steps(connection, 1)}
    finally:
        store.close()


@pytest.mark.parametrize("kind", ["model", "tool"])
async def test_what_was_written_down_is_neither_asked_nor_paid_for_again(world: Any, kind: str) -> None:
    await world.break_a_configuration()
    async with model_server(think) as server:
        world.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        dying = await world.start(crash_at=f"investigate.{kind}-recorded")
        assert await world.died(dying) == -signal.SIGKILL
        kept = steps_of(world.database_url)
        assert [key for key in kept if key.startswith(f"{kind}:")], "the step is there, and the process is not"

        await world.start()
        await world.asked()
        run = await world.get("/api/runs/R-1")

    after = steps_of(world.database_url)
    assert {key: after[key] for key in kept} == kept, "with its moment and what came of it"
    assert (run["ending"], len(server.requests)) == ("parked", 2), "each answer was paid for once"
    looks = {step["evidence"]: step["tool"] for step in run["steps"] if step["kind"] == "tool"}
    assert looks == {f"E{n}": tool for n, (tool, _) in enumerate(LOOKS, start=1)}, "and no look was swapped with another"
    assert run["tokens"] == sum(
        step["spent"]["tokens_in"] + step["spent"]["tokens_out"] for step in run["steps"] if step["kind"] == "model"
    )
