"""Invariants around an action: a broken one makes an allowed action a question, and one that breaks after it has it taken back."""

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


LATCH = '''
from dataclasses import replace
from pathlib import Path

from stead.declare import Applied, Verb, playbook
from stead.domain.action import ActionRequest, Precondition, Risk


@playbook(checks=["door_open"], rank=1)
async def latch_door(findings, estate, now):
    """Latches it."""
    found = findings[0]
    return [
        ActionRequest(
            verb="latch", subject=found.subject, precondition=Precondition(uid=""), check=found.check, fingerprint=found.fingerprint,
            reason="it is open", proposer="latch_door", command="latch",
        )
    ]


async def no_objection(action, estate):
    return ""


async def never(action, estate):
    return False


async def latch_it(action, estate, hands):
    Path("{window}").write_text("the draught pushed it")
    return Applied(note="latched", undo=replace(action.request, verb="unlatch", reason="the latch is taken off"))


async def unlatch_it(action, estate, hands):
    return Applied(note="unlatched")


latch = Verb(
    name="latch", risk=Risk.LOW, reversible=True, kinds=("Host",), rbac=(), preflight=no_objection, apply=latch_it, landed=never
)
unlatch = Verb(
    name="unlatch", risk=Risk.LOW, reversible=True, kinds=("Host",), rbac=(), preflight=no_objection, apply=unlatch_it, landed=never
)
'''


async def test_one_that_breaks_after_an_action_has_it_taken_back_and_a_person_told(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "own").mkdir()
    for name, text in (("window", WINDOW), ("latch", LATCH)):
        (tmp_path / "own" / f"{name}.py").write_text(text.replace("{window}", str(tmp_path / "window")))
    house = {"kind": "host", "id": "house", "acts": {"sudo": False}}
    rules = [{"id": "latches", "verdict": "allow", "when": {"verb": ["latch", "unlatch"]}}]
    async with running(tmp_path, clock, policy={**POLICY, "rules": rules}, estates=[house]) as service:
        service.door.write_text("wide open\n")
        proof = (await service.happens("action.proof"))["data"]
        assert (proof["verb"], proof["proven"]) == ("latch", False)
        assert "windows does not hold any more: a window is open" in proof["note"]
        seq = (await service.happens("action.proof"))["seq"]
        back = (await service.happens("action.outcome", after=seq))["data"]
        assert (back["verb"], back["outcome"]) == ("unlatch", "applied")
        done = [event["data"] for event in await service.stead.events() if event["name"] == "action.intent"]
        assert [one["verb"] for one in done] == ["latch", "unlatch"], "each once"
        moved = [event["data"] for event in await service.stead.events() if event["name"] == "incident.moved"]
        assert "escalated" in {one["state"] for one in moved}
