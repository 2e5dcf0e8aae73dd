"""Whose yes counts: by name or role, for what a rule covers; a no is anybody's, and two are wanted only where there are two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.app.config import settings_of
from stead.app.discover import shelves
from stead.app.furnish import policy_of
from stead.clocks import SteppedClock
from stead.domain.approvers import Approvers, kept_out, wanted
from stead.domain.errors import UserError
from stead.domain.people import Person, Principal, PrincipalKind, Role
from stead.store.tokens import Scope

ASK = {"id": "ask", "verdict": "needs_approval", "when": {"verb": "close_door"}, "reason": "doors are private"}


def policy(*approvers: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "rules": [ASK], "approvers": [*approvers]}


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


async def test_only_whose_yes_counts_may_say_it_and_anybody_may_say_no(tmp_path: Path, clock: SteppedClock) -> None:
    rules = policy({"id": "porter", "when": {"estate": "house"}, "who": ["token:porter", "token:night-*"]})
    async with running(tmp_path, clock, policy=rules) as service:
        service.door.write_text("wide open\n")
        await service.happens("approval.asked")
        (shown,) = (await service.get("/api/approvals"))[1]
        assert shown["preview"][0] == "A person is asked because doors are private."
        assert shown["preview"][1] == "A yes is for token:porter or token:night-* (porter)."
        path = f"/api/approvals/{shown['id']}/decision"
        status, said = await service.post(path, {"decision": "approve"})
        assert (status, said["error"]) == (
            409,
            f"token:admin may not approve {shown['id']}: a yes to it is for token:porter or token:night-* (porter); nothing was changed",
        )
        guard = await service.token("night-1", Scope.APPROVE)
        _, decided = await service.post(path, {"decision": "approve"}, token=guard)
        assert (decided["state"], decided["decided_by"]) == ("approved", "token:night-1")


async def test_who_may_not_say_yes_may_say_no(tmp_path: Path, clock: SteppedClock) -> None:
    async with running(
        tmp_path, clock, policy=policy({"id": "porter", "when": {"verb": "close_door"}, "who": ["token:porter"]})
    ) as service:
        service.door.write_text("wide open\n")
        await service.happens("approval.asked")
        (shown,) = (await service.get("/api/approvals"))[1]
        _, decided = await service.post(f"/api/approvals/{shown['id']}/decision", {"decision": "deny"})
        assert decided["state"] == "denied"


ANNA, BEN, CARL = (Person(name=name, role=role) for name, role in (("anna", Role.ADMIN), ("ben", Role.APPROVER), ("carl", Role.VIEWER)))


def test_roles_names_and_patterns() -> None:
    agent = Principal(kind=PrincipalKind.AGENT, name="anna", role=Role.ADMIN)
    admins = Approvers(id="a", who=("role:admin", "person:ben"))
    assert [kept_out([admins], one) == "" for one in (ANNA.principal, BEN.principal, CARL.principal, agent)] == [True, True, False, False]
    both = [admins, Approvers(id="b", who=("person:a*",))]
    assert kept_out(both, BEN.principal) == "a yes to it is for person:a* (b)"
    assert kept_out(both, ANNA.principal) == ""


def test_two_are_wanted_only_where_there_are_two() -> None:
    two = Approvers(id="two", people=2)
    assert wanted([two], [ANNA, BEN, CARL]) == 2
    assert wanted([two], [ANNA, CARL]) == 1
    assert wanted([two, Approvers(id="a", who=("role:admin",))], [ANNA, BEN]) == 1
    assert wanted([two], []) == wanted([], [ANNA, BEN]) == 1


@pytest.mark.parametrize(
    ("approvers", "says"),
    [
        ({"id": "a", "when": {}, "who": ["person:ana"]}, "name `person:ana`, and there is no such person"),
        ({"id": "a", "when": {}, "who": ["anna"]}, "approvers"),
        ({"id": "a", "when": {}}, "says neither `who` nor `people`"),
        ({"id": "a", "when": {"verb": "nuke"}, "people": 2}, "there is no such verb"),
    ],
)
def test_a_mistake_is_one_sentence(approvers: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError) as caught:
        policy_of(settings_of({"people": [{"name": "anna"}], "policy": {"version": 1, "rules": [], "approvers": [approvers]}}), shelves())
    assert says in caught.value.what


def test_two_people_stand_behind_what_cannot_be_taken_back_by_default() -> None:
    (entry,) = policy_of(settings_of({}), shelves()).approvers
    assert (entry.people, entry.who) == (2, ())
