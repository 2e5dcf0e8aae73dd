"""What a person is shown who is asked, and the ways to answer: alone, as one of two, with an edit, or not in time."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.clocks import SteppedClock
from stead.store.tokens import Scope

BOLT = '''
from stead.declare import Applied, Verb, playbook
from stead.domain.action import ActionRequest, Precondition, Risk
from stead.domain.parameter import Parameter


@playbook(checks=["door_open"], rank=1)
async def bolt_door(findings, estate, now):
    """Bolts it."""
    found = findings[0]
    return [
        ActionRequest(
            verb="bolt", subject=found.subject, precondition=Precondition(uid=""), check=found.check, fingerprint=found.fingerprint,
            reason="it is open", proposer="bolt_door", parameters={"turns": 2}, command="bolt --turns=2", tainted=True,
        )
    ]


async def no_objection(action, estate):
    return ""


async def close(action, estate, hands):
    return Applied(note="shut")


async def never(action, estate):
    return False


async def rehearse(action, estate, hands):
    return [f"bolt: open -> {action.request.parameters['turns']} turns"]


bolt = Verb(
    name="bolt", risk=Risk.LOW, reversible=False, kinds=("Host",), rbac=(), preflight=no_objection, apply=close, landed=never,
    parameters={"turns": Parameter(says="how often", type=int, least=1, most=3)},
    command=lambda subject, given: f"bolt --turns={given.get('turns')}", rehearse=rehearse,
)
'''


@contextlib.asynccontextmanager
async def asked(folder: Path, clock: SteppedClock, people: int = 1) -> AsyncIterator[Any]:
    (folder / "run").mkdir()
    (folder / "own").mkdir()
    (folder / "own" / "bolt.py").write_text(BOLT)
    rule = {"id": "ask", "verdict": "needs_approval", "when": {"verb": "bolt"}, "people": people}
    channels = [{"name": "here", "kind": "terminal"}]
    async with running(folder, clock, policy={"version": 1, "rules": [rule]}, channels=channels) as service:
        service.door.write_text("wide open\n")
        await service.happens("approval.asked")
        yield service


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


async def pending(service: Any) -> dict[str, Any]:
    (found,) = (await service.get("/api/approvals"))[1]
    return found


async def test_the_question_shows_what_it_rests_on_and_whose_words_led_there(tmp_path: Path, clock: SteppedClock) -> None:
    async with asked(tmp_path, clock) as service:
        shown = await pending(service)
        assert shown["evidence"] == [{"what": "the door", "value": "wide open", "command": "cat door", "tainted": False}]
        assert shown["seen_at"] <= shown["asked_at"]
        assert (shown["tainted"], shown["people"], shown["first_by"]) == (True, 1, "")
        assert shown["preview"][0].startswith("it would be refused: estate `house` has no write identity")


async def test_two_people_must_say_yes_and_one_person_is_not_two(tmp_path: Path, clock: SteppedClock) -> None:
    async with asked(tmp_path, clock, people=2) as service:
        one, other = await service.token("one", Scope.APPROVE), await service.token("other", Scope.APPROVE)
        path = f"/api/approvals/{(await pending(service))['id']}/decision"
        status, first = await service.post(path, {"decision": "approve"}, token=one)
        assert (status, first["state"], first["first_by"]) == (200, "pending", "token:one")
        status, said = await service.post(path, {"decision": "approve"}, token=one)
        assert (status, "a second person must" in said["error"]) == (409, True)
        assert not [event for event in await service.stead.events() if event["name"] == "action.intent"]
        _, second = await service.post(path, {"decision": "approve"}, token=other)
        assert (second["state"], second["decided_by"]) == ("approved", "token:other")


async def test_one_no_is_enough_where_two_must_say_yes(tmp_path: Path, clock: SteppedClock) -> None:
    async with asked(tmp_path, clock, people=2) as service:
        path = f"/api/approvals/{(await pending(service))['id']}/decision"
        await service.post(path, {"decision": "approve"}, token=await service.token("one", Scope.APPROVE))
        _, denied = await service.post(path, {"decision": "deny"}, token=await service.token("other", Scope.APPROVE))
        assert denied["state"] == "denied"


async def test_an_edit_is_a_new_action_bound_anew(tmp_path: Path, clock: SteppedClock) -> None:
    async with asked(tmp_path, clock) as service:
        old = await pending(service)
        path = f"/api/approvals/{old['id']}/decision"
        status, new = await service.post(path, {"decision": "approve", "parameters": {"turns": 3}, "reason": "thrice"})
        assert (status, new["state"], new["parameters"], new["command"]) == (200, "approved", {"turns": 3}, "bolt --turns=3")
        assert new["digest"] != old["digest"]
        assert new["id"] != old["id"]
        _, every = await service.get("/api/approvals?all=true")
        assert [(one["id"], one["state"]) for one in every] == [(old["id"], "void"), (new["id"], "approved")]
        _, incident = await service.get("/api/incidents/1")
        assert [action["state"] for action in incident["actions"]][:1] == ["void"]


@pytest.mark.parametrize(
    ("parameters", "status", "why"),
    [
        ({"turns": 9}, 400, "`turns` must be at most 3"),
        ({"force": True}, 400, "there is no parameter `force`"),
        ({"turns": 2}, 400, "asks already"),
    ],
)
async def test_an_edit_that_makes_no_sense_changes_nothing(
    tmp_path: Path, clock: SteppedClock, parameters: dict[str, Any], status: int, why: str
) -> None:
    async with asked(tmp_path, clock) as service:
        path = f"/api/approvals/{(await pending(service))['id']}/decision"
        got, said = await service.post(path, {"decision": "approve", "parameters": parameters})
        assert (got, why in said["error"]) == (status, True)
        assert (await pending(service))["state"] == "pending"


async def test_nobody_answers(tmp_path: Path, clock: SteppedClock) -> None:
    """Half of the time over, it rings once more; all of it over, the question is void and the incident a person's."""
    async with asked(tmp_path, clock) as service:
        last = (await service.happens("approval.asked"))["seq"]
        await service.happens("delivery.sent", (await service.happens("delivery.queued", last))["seq"])
        clock.advance(timedelta(minutes=16))
        reminder = await service.happens("delivery.queued", last)
        while reminder["data"]["because"] != "reminder":
            reminder = await service.happens("delivery.queued", reminder["seq"])
        clock.advance(timedelta(minutes=15))
        void = await service.happens("approval.void")
        assert void["data"]["decision"] == "expired"
        queued = [event["data"]["because"] for event in await service.stead.events(0, 1000) if event["name"] == "delivery.queued"]
        assert queued.count("reminder") == 1
        assert (await service.get("/api/incidents/1"))[1]["state"] == "escalated"
