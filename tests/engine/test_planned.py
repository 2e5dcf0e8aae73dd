"""What lies under a maintenance window, or has no fresh backup, is not changed without a person, unless the window says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import OnCall
from tests.gateway.conftest import running

from stead.clocks import SteppedClock
from stead.domain.action import ActionRequest, Precondition
from stead.domain.backup import Backup
from stead.domain.policy import Decision, Verdict
from stead.domain.subject import Subject
from stead.engine.judging import judge
from stead.engine.pursue import Proposal

START = "2026-01-01T00:00:00Z"
RULES = {"version": 1, "rules": [{"id": "all", "verdict": "allow", "when": {"verb": "delete_pod"}}]}


def window(*matchers: str, name: str = "move", acts: bool = False, end: str = "2028-01-01T00:00:00Z") -> dict[str, Any]:
    return {"name": name, "comment": "the racks move", "matchers": [*matchers], "start": START, "end": end, "acts": acts}


async def judged(on_call: OnCall, *, name: str = "db-0", part_of: str = "StatefulSet shop/db", **about: Any) -> Decision:
    request = ActionRequest(
        verb="delete_pod",
        subject=Subject(estate="home", api_version="v1", kind="Pod", namespace="shop", name=name, uid="u"),
        precondition=Precondition(uid="u"),
        check="container_crash",
        fingerprint="f",
        reason="it is stuck",
        proposer="a playbook",
        part_of=part_of,
    )
    return await on_call.stead.look(judge, replace(Proposal(request=request, labels={}, workload_labels={}), **about))


WINDOWS = [
    window('name="db-1"', name="by-name"),
    window('owner="web"', name="by-owner"),
    window('kind="Node"', 'name="n1"', name="by-node"),
    window('label.tier="data"', name="by-label"),
    window('namespace_label.env="prod"', name="by-namespace"),
    window('kind="Pod"', name="acting", acts=True),
    window('kind="Pod"', name="over", end="2026-01-01T00:00:01Z"),
]


@pytest.mark.parametrize("on_call", [{"policy": RULES, "maintenance": WINDOWS}], indirect=True)
async def test_a_target_under_maintenance_is_asked_about(on_call: OnCall) -> None:
    await on_call.passes(timedelta(minutes=1))
    assert (await judged(on_call, node="n2")).verdict is Verdict.ALLOW
    about: dict[str, dict[str, Any]] = {
        "by-name": {"name": "db-1"},
        "by-owner": {"part_of": "Deployment shop/web"},
        "by-node": {"node": "n1"},
        "by-label": {"workload_labels": {"tier": "data"}},
        "by-namespace": {"labels": {"env": "prod"}},
    }
    for name, given in about.items():
        found = await judged(on_call, **given)
        assert (found.verdict, found.rules) == (Verdict.NEEDS_APPROVAL, ("maintenance",)), name
        assert found.why.startswith(f"the maintenance window {name} is open until 2028-01-01 00:00 UTC (the racks move)")


@pytest.mark.parametrize("on_call", [{"policy": {**RULES, "caps": {"backup_age": "48h"}}}], indirect=True)
async def test_what_cannot_be_taken_back_wants_a_fresh_backup(on_call: OnCall) -> None:
    now, most = on_call.clock.now(), on_call.stead.policy.limits.backup_age
    fresh = Backup(of="shop/data", at=now - most, by="VolSync src")
    assert (await judged(on_call, backups=(fresh,))).verdict is Verdict.ALLOW
    assert (await judged(on_call, backups=(Backup(of="shop/data", unknown="nobody can say"),))).verdict is Verdict.ALLOW
    for lacking in (Backup(of="shop/data"), Backup(of="shop/data", at=now - most - timedelta(minutes=1), by="VolSync src")):
        asked = await judged(on_call, backups=(fresh, lacking))
        assert (asked.verdict, asked.rules) == (Verdict.NEEDS_APPROVAL, ("last-backup",))
        assert asked.why.startswith("it cannot be taken back, and the ")


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


@pytest.mark.parametrize("verdict", ["allow", "needs_approval"])
async def test_a_window_that_acts_mends_in_silence_and_asks_when_it_is_over(tmp_path: Path, clock: SteppedClock, verdict: str) -> None:
    end = (clock.now() + timedelta(minutes=5)).isoformat()
    rules = {"version": 1, "rules": [{"id": "door", "verdict": verdict, "when": {"verb": "close_door"}}]}
    maintenance = [window('kind="Host"', acts=True, end=end)]
    async with running(tmp_path, clock, policy=rules, maintenance=maintenance) as service:
        began = clock.now()
        service.door.write_text("wide open\n")
        if verdict == "allow":
            await service.happens("action.intent")
            assert clock.now() - began < timedelta(minutes=2)
        else:
            none = await service.happens("decision.none")
            assert none["data"]["why"] == "close_door Host house would ask a person, and it is silent now"
            await service.happens("approval.asked")
            assert clock.now() - began >= timedelta(minutes=4)
