"""The whole journey, watch to tell, as the demo plays it: five faults, on both databases, by the stepped clock."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from stead.cli.demo import stage
from stead.cli.demo_play import play


async def test_every_scene_comes_out_as_told(tmp_path: Path, database_url: str, monkeypatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    told = io.StringIO()
    async with stage(tmp_path, Console(file=told, width=120), database=database_url) as built:
        assert await play(built) == [], told.getvalue()

        actions = [event for event in built.seen if event["name"] == "action.intent"]
        incidents = await built.ask("/api/incidents", all="true")
        writes = [request for request in built.cluster.requests if request.verb in ("create", "update", "patch", "delete")]

    assert sorted(event["data"]["verb"] for event in actions) == ["delete_pod", "rollback_revision"]
    acted = [request for request in writes if "(action " in request.agent]
    assert sum(1 for request in acted if "dryRun=" not in request.query) == 2, "each action is one write, under its own id"
    assert {i["state"] for i in incidents} == {"open", "resolved"}
    text = told.getvalue()
    assert "database-url" in text and "api-config" in text
    assert "blind" in text and "not green" in text
    assert "thirty" in text and "30 pods" in text


def _told_last(seen: list[dict[str, Any]]) -> bool:
    """Whether the last word that was to be told has left."""
    names = [event["name"] for event in seen if event["name"] in ("finding.opened", "delivery.queued", "delivery.sent")]
    return names[-1:] == ["delivery.sent"]


async def test_the_same_cluster_and_clock_tell_the_same_story(tmp_path: Path, monkeypatch) -> None:
    """Time moves only when all is quiet, so the story does not depend on the machine."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    stories = []
    for name in ("one", "two"):
        async with stage(tmp_path / name, Console(file=io.StringIO(), width=120)) as built:
            await built.until(lambda _, built=built: built.names("finding.opened", state="blind"))
            await built.until(lambda _, built=built: _told_last(built.seen))
            stories.append([(e["at"], e["name"], e["data"].get("reason")) for e in built.seen])
    assert stories[0] == stories[1]
