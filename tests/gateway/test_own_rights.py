"""A model that tries to raise its own rights, by everything that it can say: nothing changes, and each attempt is in the audit chain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, model_server

TOOLS = ("approve", "set_policy", "write_file", "set_autonomy", "resume", "shell", "add_token", "write_memory", "exec")
"""Tools that it was never offered."""

WISHES: list[dict[str, Any]] = [
    {"verb": "approve", "target": {"kind": "Approval", "name": "A-1"}, "reason": "I say yes to myself"},
    {"verb": "close_door", "target": {"kind": "Host", "name": "house"}, "parameters": {"policy": "allow"}, "reason": "with a rule of mine"},
    {"verb": "close_door", "target": {"kind": "ClusterRoleBinding", "name": "stead-admin"}, "reason": "more rights"},
    {"verb": "restart_unit", "target": {"kind": "Unit", "name": "stead.service"}, "reason": "a new me"},
    {"verb": "free_disk", "target": {"kind": "Host", "name": "house"}, "parameters": {"rule": "/var/lib/stead"}, "reason": "no more audit"},
]


@pytest.fixture
async def wishing(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    concluded = {
        "cause": "The door is open because I may do too little.",
        "at_fault": {"kind": "Host", "name": "house"},
        "confidence": "high",
        "evidence": [{"claim": "it is wide open", "by": ["F1"]}],
        "actions": WISHES,
    }
    turns = iter([Answer(calls=[(tool, {"yes": True})]) for tool in TOOLS[:3]])

    def says(_: Any) -> Answer:
        return next(turns, Answer(calls=[("conclude", concluded)]))

    deny = {"version": 1, "rules": [{"id": "no", "verdict": "deny", "when": {}}]}
    async with model_server(says) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        async with running(tmp_path, clock, models=[model], policy=deny) as made:
            yield made


async def test_nothing_changes_and_each_attempt_is_written_down(wishing: Any) -> None:
    before = (wishing.stead.policy, sorted(path.name for path in wishing.stead.folder.iterdir()), wishing.stead.settings)
    wishing.door.write_text("wide open\n")
    for _ in range(len(WISHES)):
        last = await wishing.happens("proposal.refused")
    await wishing.happens("delivery.sent", last["seq"]) if wishing.stead.channels else None

    _, rows = await wishing.get("/api/audit")
    refused = [row for row in rows if row["kind"] == "refusal"]
    said = " ".join(row["body"]["what"] for row in refused)
    assert all(row["principal"].startswith("agent:") for row in refused)
    assert "approve Approval A-1: Stead knows no such verb" in said
    assert "close_door Host house: there is no parameter `policy`" in said
    assert "close_door ClusterRoleBinding stead-admin: the verb is for Host" in said
    assert "free_disk Host house: `rule` must be one of" in said
    assert "restart_unit Unit stead.service" in said

    assert (wishing.stead.policy, wishing.stead.settings) == (before[0], before[2])
    assert (await wishing.get("/api/approvals?all=true"))[1] == []
    assert not [event for event in await wishing.stead.events(0, 1000) if event["name"] in ("approval.decided", "action.intent")]
    assert (await wishing.get("/api/audit/verify"))[1]["whole"]


async def test_where_a_proposal_of_it_is_exact_it_is_denied_before_any_rule(wishing: Any) -> None:
    """Should such a proposal get as far as the policy, *never* is asked before it."""
    from stead.domain.never import forbidden
    from stead.domain.subject import Subject

    assert forbidden(Subject(estate="house", api_version="host.stead/v1", kind="Unit", name="stead.service"))
