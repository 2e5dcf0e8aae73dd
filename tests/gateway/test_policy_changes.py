"""The policy file while the service runs: a change counts, a broken one changes nothing and is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.clocks import SteppedClock

ASK = "version: 1\nrules:\n- id: ask\n  verdict: needs_approval\n  when: {verb: close_door}\n"
DENY = ASK.replace("id: ask", "id: no").replace("needs_approval", "deny")


@pytest.fixture
async def written(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    policy = tmp_path / "policy.yaml"
    policy.write_text(ASK)
    async with running(tmp_path, clock, policy=str(policy)) as service:
        service.policy = policy
        yield service


async def test_a_change_counts_and_is_told(written: Any) -> None:
    written.policy.write_text(DENY)
    await written.happens("policy.changed")
    written.door.write_text("wide open\n")
    made = (await written.happens("decision.made"))["data"]
    assert (made["verdict"], made["rules"]) == ("deny", ["no"])


async def test_a_broken_file_keeps_the_last_good_one_and_is_told_until_it_is_mended(written: Any) -> None:
    written.policy.write_text(ASK.replace("close_door", "close_dor"))
    broken = (await written.happens("policy.broken"))["data"]
    assert "names `close_dor`, and there is no such verb" in broken["why"]
    assert "close_dor" in (await written.get("/api/status"))[1]["policy_error"]
    written.door.write_text("wide open\n")
    made = (await written.happens("decision.made"))["data"]
    assert (made["verdict"], made["rules"]) == ("needs_approval", ["ask"])

    written.policy.write_text(ASK)
    await written.happens("policy.changed")
    assert (await written.get("/api/status"))[1]["policy_error"] == ""


async def test_a_file_that_is_gone_changes_nothing(written: Any) -> None:
    written.policy.unlink()
    await written.happens("policy.broken")
    written.door.write_text("wide open\n")
    assert (await written.happens("decision.made"))["data"]["rules"] == ["ask"]
