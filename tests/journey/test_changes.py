"""A fault after a change is told with that change: by whose hand, when, and from what to what. On the real service and a live cluster."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stead.cli.changes import changes
from stead.cli.demo import stage
from stead.cli.demo_scenes import Stage
from stead.domain.errors import UserError
from stead.practice import house


@pytest.fixture
async def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The service on a cluster that is well, having read it once."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    async with stage(tmp_path, Console(file=io.StringIO(), width=120)) as made:
        assert await made.until(lambda _: bool(made.names("finding.opened", state="blind")))
        yield made


async def began(built: Stage, what: str) -> str:
    """The line of the newest message about the incident whose title names this that says after what it began."""
    told: list[Any] = []

    def sent() -> bool:
        told[:] = [e["incident"] for e in built.names("incident.opened") if what in e["data"]["title"]]
        return bool(told) and any(e["incident"] == told[-1] for e in built.names("delivery.sent"))

    assert await built.until(lambda _: sent())
    whole: dict[str, Any] = await built.ask(f"/api/incidents/I-{told[-1]}")
    lines = [block["text"] for block in whole["deliveries"][-1]["message"]["blocks"] if block["text"].startswith("Began ")]
    assert len(lines) == 1, whole
    return lines[0]


async def test_a_bad_release_is_told_with_the_image_that_changed(built: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    house.ship_broken_release(built.cluster)
    line = await began(built, "shop/web")
    assert "revision 2 of Deployment shop/web (" in line
    assert f"{house.SHOP} → {house.SHOP_NEXT}" in line

    (change,) = await built.ask("/api/changes", subject="deployment shop/web")
    assert (change["revision"], change["done"], bool(change["manager"])) == ("revision 2", "changed", True)
    assert await built.ask("/api/changes", subject="shop/nothing") == []
    capsys.readouterr()
    await asyncio.to_thread(changes, ["shop/web"], since="2h", url=built.client.url)
    shown = capsys.readouterr().out
    assert "revision 2: containers[web].image: " in shown
    with pytest.raises(UserError, match="since `soon`"):
        await asyncio.to_thread(changes, since="soon", url=built.client.url)


async def test_a_bad_setting_is_told_when_the_pods_are_made_anew(built: Stage) -> None:
    def config(**data: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "api-config", "namespace": "payments"}, "data": data}

    source = {"configMapKeyRef": {"name": "api-config", "key": "database-url", "optional": True}}
    env = [{"name": "DATABASE_URL", "valueFrom": source}]
    built.cluster.apply(config(**{"database-url": "db:5432"}), house.deployment("payments", "api", house.API, 2, node="node-1", env=env))
    before = built.clock.now()
    await built.until(lambda _: (built.clock.now() - before).total_seconds() > 120)
    # At one moment of the story: left to itself, it may run on for hours before the pods are replaced.
    built.cluster.apply(config(**{"log-level": "info"}))
    for pod in built.cluster.list("Pod", "payments"):
        built.cluster.delete("Pod", "payments", pod["metadata"]["name"])
    line = await began(built, "payments/api")
    assert "a change of ConfigMap payments/api-config (" in line
    assert "data.database-url removed; data.log-level added" in line
    assert "db:5432" not in line
