"""Bindings to roles that do not exist."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.role_binding_broken import role_binding_broken
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago

BOT = thing("ServiceAccount", "bot")


def binding(kind: str = "RoleBinding", role: str = "Role", subject: Json | None = None, meta: Json | None = None) -> Json:
    account = {"kind": "ServiceAccount", "name": "bot", "namespace": "payments"}
    return thing(kind, "bot-reads", meta, roleRef={"kind": role, "name": "reads"}, subjects=[subject or account])


def look(*objects: Json) -> list[Finding]:
    return judge(role_binding_broken, *objects, now=NOW)


@pytest.mark.parametrize("sick", [binding(), binding(role="ClusterRole"), binding("ClusterRoleBinding", "ClusterRole")])
def test_one_that_gives_an_account_nothing_is_told(sick: Json) -> None:
    (found,) = look(sick, BOT)
    assert (found.state, found.reason, found.depends_on[0].name) == (FindingState.FIRING, "RoleMissing", "reads")


@pytest.mark.parametrize(
    "objects",
    [
        [binding(), BOT, thing("Role", "reads")],
        [binding(role="ClusterRole"), BOT, thing("ClusterRole", "reads")],
        [binding()],
        [binding(subject={"kind": "User", "name": "ann"}), BOT],
        [binding(meta={"deletionTimestamp": ago(minutes=1)}), BOT],
        [thing("RoleBinding", roleRef={"kind": "Role", "name": "reads"}, subjects=None), BOT],
    ],
)
def test_one_that_gives_or_that_is_for_nobody_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


def test_a_new_one_is_given_time() -> None:
    assert [f.state for f in look(binding(meta={"creationTimestamp": ago(seconds=5)}), BOT)] == [FindingState.PROGRESSING]
