"""Invariants around an action: a broken one makes an allowed action a question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.clocks import SteppedClock

WINDOW = '''
from datetime import timedelta

from stead.declare import host_check
from stead.domain.finding import Finding
from stead.domain.subject import Subject


@host_check(every=timedelta(seconds=10))
async def window_open(commands, estate, now):
    """A window is open."""
    done = await commands.run(["cat", "{window}"], 5)
    subject = Subject(estate=estate, api_version="host.stead/v1", kind="Unit", name="window.service")
    return [] if done.code else [Finding(check="window_open", subject=subject, reason="Open", summary="a window is open")]
'''

POLICY: dict[str, Any] = {
    "version": 1,
    "rules": [{"id": "shut", "verdict": "allow", "when": {"verb": "close_door"}}],
    "invariants": [{"id": "windows", "when": {"check": "window_open"}}],
}


@pytest.mark.parametrize(("open_window", "verdict", "rules"), [(False, "allow", ["shut"]), (True, "needs_approval", ["invariant-windows"])])
async def test_a_broken_invariant_makes_an_allowed_action_a_question(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, open_window: bool, verdict: str, rules: list[str]
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "window.py").write_text(WINDOW.replace("{window}", str(tmp_path / "window")))
    if open_window:
        (tmp_path / "window").write_text("ajar\n")
    async with running(tmp_path, clock, policy=POLICY) as service:
        if open_window:
            await service.happens("incident.opened")
        service.door.write_text("wide open\n")
        for _ in range(3):
            made = (await service.happens("decision.made"))["data"]
            if made["verb"] == "close_door":
                break
        assert (made["verdict"], made["rules"]) == (verdict, rules)
