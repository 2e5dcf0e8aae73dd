"""Notes of the owner for agents: told in every run with the estate's brief, by where they stand, bounded, and as any document taints."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running
from tests.gateway.test_memory import looks, opening
from tests.gateway.test_runs import types

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server

NOTE = """# Infra

Charts stand under `apps/`, one folder each. Never edit `vendor/`.
The old password=hunter2secret is not used any more.
"""


def concludes(_: Json) -> Answer:
    conclusion: Json = {"cause": "Well.", "at_fault": {"kind": "Host", "name": "house"}, "confidence": "high", "evidence": []}
    return Answer(calls=[("conclude", conclusion)])


@pytest.fixture
async def noted(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Any, ModelServer]]:
    """A service that reads a folder with notes at its top, a copy of them, a word that names them, and one for a part of it."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    books = tmp_path / "books"
    (books / "apps" / "shop").mkdir(parents=True)
    (books / "AGENTS.md").write_text(NOTE)
    (books / "CLAUDE.md").write_text("@AGENTS.md\n")
    (books / "apps" / "CLAUDE.md").write_text(NOTE)
    (books / "apps" / "shop" / "agents.md").write_text("The shop is frozen in December.\n" + "It sells chairs.\n" * 200)
    (books / "apps" / "agents.md.md").write_text("# What agents.md is\n\nA page.\n")
    async with model_server(concludes) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        async with running(tmp_path, clock, models=[model], knowledge=[{"name": "books", "folder": str(books)}]) as service:
            await service.stead.library.refresh(now=True)
            yield service, server


async def test_what_the_owner_wrote_for_agents_is_told_with_its_place(noted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service, server = noted
    _, entries = await service.get("/api/knowledge")
    ids = {entry["path"]: entry["id"] for entry in entries}
    run = await looks(service, "may the charts of the shop be edited?")
    told = opening(server)
    assert f"{ids['AGENTS.md']} the owner wrote (books: AGENTS.md):\n" in told
    assert "Never edit `vendor/`." in told and "hunter2secret" not in told
    assert told.count("Charts stand under") == 1 and "@AGENTS.md" not in told, "each text once, and not as knowledge besides"
    assert told.count("The shop is frozen in December.") == 1 and told.count("It sells chairs.") < 60, "cut, and read on by its name"
    assert server.sizes[-1] <= 12_000
    assert ids["apps/shop/agents.md"] in run["brief"]["collected"]
    assert run["tainted"], "as documents are"

    _, out, err = await types(service, capsys, "estate brief")
    assert out.startswith("# house\n")
    assert err.splitlines() == [
        f"told with it: {ids['AGENTS.md']}, what you wrote for agents (books: AGENTS.md)",
        f"told with it: {ids['apps/shop/agents.md']}, what you wrote for agents (books: apps/shop/agents.md)",
    ]


async def test_what_was_rejected_is_told_to_nobody(noted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service, server = noted
    for entry in (await service.get("/api/knowledge"))[1]:
        assert (await types(service, capsys, f"knowledge reject {entry['id']}"))[0] == 0
    run = await looks(service)
    assert "owner" not in opening(server) and not run["tainted"]
    assert json.loads((await types(service, capsys, "estate brief -o json"))[1])["notes"] == []
