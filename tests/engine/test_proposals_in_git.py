"""A model finds that the cure is a commit: its exact edits are asked about as a diff, become one draft, and what became of it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken
from tests.estate.code.conftest import Remote
from tests.estate.code.forge import TOKEN, ForgeServer, forge_server

from stead.app import discover
from stead.app.config import settings_of
from stead.app.furnish import estates_of
from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.domain.action import ActionRequest, Precondition
from stead.domain.people import Principal, PrincipalKind, Role
from stead.domain.policy import Decision, Verdict
from stead.domain.subject import Subject
from stead.engine.judging import GITOPS, judge
from stead.engine.pursue import Proposal
from stead.practice.model_server import Answer, model_server

FILE = "apps/api/deployment.yaml"
EDIT = {"path": FILE, "find": "memory: 64Mi", "replace": "memory: 128Mi"}
CONCLUDED: dict[str, Any] = {
    "cause": "The memory limit is too low.",
    "at_fault": {"kind": "Pod", "namespace": "payments", "name": "api"},
    "confidence": "high",
    "evidence": [{"claim": "64Mi are allowed", "by": ["E2"]}],
    "actions": [
        {
            "verb": "propose_change",
            "target": {"kind": "Repository", "name": "infra"},
            "parameters": {"title": "Give the API more memory", "changes": [EDIT]},
            "reason": "it needs more than 64Mi",
        },
        {
            "verb": "propose_change",
            "target": {"kind": "Repository", "name": "infra"},
            "parameters": {"title": "Run this", "changes": [{"path": ".gitea/workflows/x.yaml", "write": "on: push\n"}]},
            "reason": "a pipeline of mine",
        },
        {
            "verb": "propose_change",
            "target": {"kind": "Repository", "name": "infra"},
            "parameters": {"title": "Mine already", "changes": [EDIT], "diff": "0" * 64},
            "reason": "approved before",
        },
    ],
}
ADA = Principal(kind=PrincipalKind.PERSON, name="ada", role=Role.APPROVER)


class WithCode(OnCall):
    """And the repositories of the settings."""

    def _stead(self) -> Stead:
        shelves = discover.shelves()
        estates = estates_of(self.settings, shelves, self.clock) | {"home": self.estate}
        return Stead(self.settings, clock=self.clock, shelves=shelves, estates=estates, channels=self.chats)


@pytest.fixture
async def watched(tmp_path: Path, database_url: str, clock: SteppedClock) -> AsyncIterator[tuple[WithCode, Remote, ForgeServer]]:
    remote = Remote(tmp_path)
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    turns = iter(
        [
            Answer(calls=[("more_tools", {"toolset": "code"})]),
            Answer(calls=[("code_read", {"repository": "infra", "path": FILE})]),
            Answer(calls=[("conclude", CONCLUDED)]),
        ]
    )

    def says(_: Any) -> Answer:
        return next(turns, Answer(calls=[("conclude", {**CONCLUDED, "actions": []})]))

    with forge_server(remote.root) as forge:
        async with model_server(says) as server:
            repository = {"name": "infra", "url": f"{forge.url}/ops/infra.git", "forge": {"url": forge.url}, "token": f"file:{token}"}
            settings = settings_of(
                {
                    "store": {"folder": str(tmp_path / "state"), "url": database_url},
                    "models": [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}],
                    "channels": [{"name": "chat", "kind": "terminal"}],
                    "repositories": [repository],
                }
            )
            made = WithCode(settings, clock, edit=True, chats=["chat"])
            await made.stead.start()
            try:
                yield made, remote, forge
            finally:
                await made.stead.stop()


async def test_from_the_model_to_the_merge(watched: tuple[WithCode, Remote, ForgeServer]) -> None:
    on_call, remote, forge = watched
    fault = broken("Pod", "api", check="container_oom")
    await on_call.sees(fault, after=timedelta(seconds=20))

    (approval,) = await on_call.stead.approvals()
    assert "+            memory: 128Mi  # measured in spring" in approval["preview"]
    assert approval["command"] == "# in infra: Give the API more memory"
    said = str(await on_call.incident())
    assert "denied" in said or "kept out" in said
    assert "filled in by Stead itself" in said
    assert forge.pulls == []

    await on_call.stead.decide(approval["number"], approve=True, by=ADA)
    await on_call.passes(timedelta(minutes=3))
    (pull,) = forge.pulls
    assert pull["title"] == "WIP: Give the API more memory"
    assert "The memory limit is too low." in pull["body"]
    assert [branch for branch in remote.branches() if branch != "main"] == [pull["head"]["ref"]]
    assert pull["html_url"] in str(on_call.chat.last)
    assert (await on_call.incident())["state"] == "escalated"

    forge.close(1, merged_by="ada")
    await on_call.passes(timedelta(minutes=10))
    (followed,) = await on_call.events("action.followed")
    assert followed["taken"] is True
    assert "was merged by ada" in str(on_call.chat.last)
    await on_call.sees(gone=[fault], after=timedelta(minutes=1))
    assert (await on_call.incident())["state"] == "resolved"


ALLOWED = {"policy": {"version": 1, "rules": [{"id": "all", "verdict": "allow", "when": {"verb": ["scale", "restart_rollout"]}}]}}


@pytest.mark.parametrize("on_call", [ALLOWED], indirect=True)
async def test_what_git_keeps_is_not_changed_live_without_a_person(on_call: OnCall) -> None:
    subject = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="shop", name="web", uid="u")

    async def judged(verb: str, kept_by: str, **parameters: Any) -> Decision:
        request = ActionRequest(
            verb=verb,
            subject=subject,
            precondition=Precondition(uid="u"),
            check="container_crash",
            fingerprint="f",
            reason="more",
            proposer="a playbook",
            parameters=parameters,
        )
        return await on_call.stead.look(judge, Proposal(request=request, labels={}, workload_labels={}, kept_by=kept_by))

    owner = "Argo CD application web owns it, from apps/web of the repository infra (propose_change)"
    assert (await judged("scale", "", replicas=3)).verdict is Verdict.ALLOW
    asked = await judged("scale", owner, replicas=3)
    assert (asked.verdict, asked.rules) == (Verdict.NEEDS_APPROVAL, (GITOPS,))
    assert asked.why == f"{owner}: a live change holds until its next sync, and the cure is a commit"
    assert (await judged("restart_rollout", owner)).verdict is Verdict.ALLOW, "a sync does not take a restart back"
