"""The brief of an estate: made from what it is, corrected by a person, and told to every run about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.gateway.test_goals import ended
from tests.gateway.test_memory import house, opening
from tests.gateway.test_runs import types

from stead.app.brief_made import sections_of
from stead.clocks import SteppedClock
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import broken_release

__all__ = ["house"]


async def test_a_cluster_says_what_it_is_made_of(tmp_path: Path, clock: SteppedClock) -> None:
    async with BareCluster(tmp_path, clock) as cluster:
        broken_release(cluster)
        estate = cluster.estate()
        sections = await sections_of("home", estate, {"home": estate})
    assert "- payments: api" in sections["Namespaces"]
    assert "Ingress" not in sections, "what is not there has no section"


async def test_what_a_person_says_of_an_estate_is_told_to_runs(house: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service, server = house
    (tmp_path / "brief.md").write_text("## Habits\n- Nothing is restarted on Sundays.\n\n## Nodes\nOne, in the cellar.\n")
    code, out, _ = await types(service, capsys, f"estate brief --set {tmp_path / 'brief.md'}")
    assert (code, out) == (0, "# house\n\n## Habits\n- Nothing is restarted on Sundays.\n\n## Nodes\nOne, in the cellar.\n")
    _, asked = await service.post("/api/runs", {"goal": "what-if", "question": "what if?"})
    await ended(service, asked["run"])
    assert "The estate:\n- Habits: Nothing is restarted on Sundays.\n- Nodes: One, in the cellar." in opening(server)
    assert (await types(service, capsys, "estate brief --estate moon"))[0] == 1
    (tmp_path / "brief.md").write_text("Habits\n")
    code, _, err = await types(service, capsys, f"estate brief --set {tmp_path / 'brief.md'}")
    assert code != 0
    assert "has text before its first section" in err
    assert (await types(service, capsys, "estate brief --reset"))[1] == "# house\n"
