"""What counts as a proof, and what does not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stead.cli.demo import stage
from stead.practice import house


@pytest.fixture(autouse=True)
def _own_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


async def rolled_back(built: Any) -> None:
    """A broken release that a person let Stead roll back; the proof is still to come."""
    house.ship_broken_release(built.cluster)
    assert await built.until(lambda _: built.names("approval.asked"))
    await built.answer(built.names("approval.asked")[0]["data"]["approval"], "approve", "")
    assert await built.until(lambda _: built.names("action.outcome", outcome="applied"))


async def test_quiet_because_fewer_are_wanted_is_no_proof(tmp_path: Path) -> None:
    async with stage(tmp_path, Console(file=io.StringIO()), timing={"verify_within": "20s"}) as built:
        await rolled_back(built)
        built.cluster.edit("Deployment", "shop", "web", lambda web: web["spec"].update(replicas=1))

        assert await built.until(lambda _: built.names("action.proof"))
        proof = built.names("action.proof")[0]["data"]
        assert not proof["proven"]
        assert await built.until(lambda _: built.names("incident.moved", state="escalated"))


async def test_a_fault_that_ended_before_the_answer_is_left_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, Console(file=io.StringIO())) as built:
        house.ship_broken_release(built.cluster)
        assert await built.until(lambda _: built.names("approval.asked"))
        built.cluster.apply(house.deployment("shop", "web", house.SHOP, 2, node="node-2", progress_deadline=60, probe=True))

        assert await built.until(lambda _: built.names("approval.void"))
        assert await built.until(lambda _: built.names("incident.closed"))
        assert not built.names("action.intent")
