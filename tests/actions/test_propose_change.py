"""propose_change against a real Git server and a forge that answers as Gitea does: one branch, one draft, exactly what was shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.estate.code.conftest import DEPLOYMENT, Remote
from tests.estate.code.forge import TOKEN, ForgeServer, forge_server

from stead.actions.propose_change import propose_change
from stead.clocks import SteppedClock
from stead.declare import Became
from stead.domain.action import Action, ActionRequest, Precondition
from stead.domain.code.scope import Scope
from stead.domain.errors import ConflictError, PermanentError, TemporaryError
from stead.domain.parameter import wrong
from stead.domain.subject import Subject
from stead.estate.code.estate import REPOSITORIES, RepositoriesEstate, branch_of
from stead.estate.code.repository import API, Repository
from stead.estate.host.commands import LocalCommands
from stead.estate.rest import RestServer
from stead.secrets import SecretRef

FILE = "apps/api/deployment.yaml"
MEMORY = {"path": FILE, "set": "spec.template.spec.containers[name=api].resources.limits.memory", "to": "128Mi"}
TOLD = ["Deployment payments/api: killed for its memory", "Cause: 64Mi is too little. closes #5, says @ada"]


class Bench:
    """The estate of one repository, and actions on it."""

    def __init__(self, remote: Remote, forge: ForgeServer, folder: Path, clock: SteppedClock) -> None:
        self.remote, self.forge, self.folder, self.clock = remote, forge, folder, clock
        token = folder / "token"
        token.write_text(TOKEN + "\n")
        token.chmod(0o600)
        self.repository = Repository(
            name="infra",
            url=f"{forge.url}/ops/infra.git",
            base="main",
            slug="ops/infra",
            forge=RestServer(name="Gitea", url=forge.url, token=SecretRef(f"file:{token}"), token_prefix="token "),
            folder=folder / "state" / "infra",
            token=SecretRef(f"file:{token}"),
            scope=Scope(allowed=("apps/**", "docs/**")),
        )
        self.open()

    def open(self, **more: Any) -> None:
        """As a start of the service does."""
        self.estate = RepositoriesEstate([replace(self.repository, **more)], LocalCommands(), self.clock)

    async def prepared(self, *changes: dict[str, Any]) -> tuple[Action, str]:
        request = ActionRequest(
            verb="propose_change",
            subject=Subject(estate=REPOSITORIES, api_version=API, kind="Repository", name="infra", uid="u"),
            precondition=Precondition(uid="u"),
            check="container_oom",
            fingerprint="f",
            reason="the limit is too low",
            proposer="investigator",
            parameters={"title": "Give the API more memory", "changes": list(changes)},
        )
        assert propose_change.prepare is not None
        made, why = await propose_change.prepare(request, self.estate, TOLD)
        assert why or wrong(propose_change.parameters, made.parameters) == ""
        return Action(id="41.1.1.1", incident=41, request=made), why

    async def apply(self, action: Action) -> str:
        return (await propose_change.apply(action, self.estate, self.estate.hands())).note

    async def once(self, action: Action) -> None:
        """As `remediate` does after a crash: look first, then apply."""
        if not await propose_change.landed(action, self.estate):
            await self.apply(action)

    def branches(self) -> list[str]:
        return [branch for branch in self.remote.branches() if branch != "main"]


@pytest.fixture
def bench(tmp_path: Path, clock: SteppedClock) -> Iterator[Bench]:
    remote = Remote(tmp_path)
    with forge_server(remote.root) as forge:
        yield Bench(remote, forge, tmp_path, clock)


async def test_a_draft_holds_exactly_what_was_shown(bench: Bench) -> None:
    action, why = await bench.prepared(MEMORY)
    assert why == ""
    assert propose_change.rehearse is not None
    shown = await propose_change.rehearse(action, bench.estate, bench.estate.hands())
    assert "+            memory: 128Mi  # measured in spring" in shown
    assert await propose_change.preflight(action, bench.estate) == ""
    assert await propose_change.landed(action, bench.estate) is False

    assert await bench.apply(action) == f"draft pull request {bench.forge.url}/ops/infra/pulls/1"

    branch = branch_of(action.id, action.request.parameters["diff"])
    (pull,) = bench.forge.pulls
    assert (pull["title"], pull["draft"], pull["base"]["ref"], pull["head"]["ref"]) == (
        "WIP: Give the API more memory",
        True,
        "main",
        branch,
    )
    for told in ("killed for its memory", f"- `{FILE}` +1 -1", "git revert", "I-41", f"delete the branch `{branch}`"):
        assert told in pull["body"]
    # What a model wrote mentions nobody and closes nothing: it stands in a block of code.
    assert pull["body"].startswith("```text\n") and "closes #5" in pull["body"].split("```")[1]
    assert bench.remote.show(branch, FILE) == DEPLOYMENT.replace("64Mi", "128Mi").strip()
    assert bench.remote.show("main", FILE) == DEPLOYMENT.strip()
    assert "Stead-Action: 41.1.1.1" in bench.remote.git("log", "-1", "--format=%B", branch, at=bench.remote.folder)
    assert propose_change.proved is not None
    assert await propose_change.proved(action, bench.estate) == ""


async def test_the_token_is_nowhere_but_where_it_lies(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    await bench.apply(action)
    kept = [path for path in (bench.folder / "state").rglob("*") if path.is_file()]
    assert kept and not [path for path in kept if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in os.environ.values()


async def test_answers_that_are_lost_and_tries_that_fail_leave_one_branch_and_one_draft(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    for lose, refuse in (("", "push"), ("push", ""), ("", "POST"), ("POST", "")):
        bench.forge.lose, bench.forge.refuse = {lose} - {""}, {refuse} - {""}
        with pytest.raises(TemporaryError):
            await bench.once(action)
        bench.open()  # another life of the service
    await bench.once(action)
    assert len(bench.branches()) == len(bench.forge.pulls) == 1
    assert await propose_change.landed(action, bench.estate)


async def test_a_draft_that_is_there_is_brought_up_to_date(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    await bench.apply(action)
    more = {**action.request.parameters, "because": "more is known by now"}
    await bench.apply(replace(action, request=replace(action.request, parameters=more)))
    (pull,) = bench.forge.pulls
    assert "more is known by now" in pull["body"]
    bench.forge.close(1)
    with pytest.raises(ConflictError, match="closed already"):
        await bench.apply(action)
    assert len(bench.forge.pulls) == 1


async def test_what_was_approved_is_a_diff_and_no_other_is_made(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    other = {**action.request.parameters, "changes": [{**MEMORY, "to": "999Gi"}]}
    with pytest.raises(ConflictError, match="not the one that was decided on"):
        await bench.apply(replace(action, request=replace(action.request, parameters=other)))
    assert bench.branches() == []


async def test_the_base_may_move_on(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    bench.remote.write(FILE, DEPLOYMENT.replace("replicas: 2", "replicas: 5"))
    await bench.apply(action)
    assert "replicas: 2" in bench.remote.show(bench.branches()[0], FILE)


async def test_somebody_elses_branch_of_that_name_stays_theirs(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    branch = branch_of(action.id, action.request.parameters["diff"])
    bench.remote.git("push", "--quiet", "origin", f"main:refs/heads/{branch}")
    with pytest.raises(ConflictError, match="something else in it"):
        await bench.apply(action)
    assert bench.remote.git("rev-parse", branch, at=bench.remote.folder) == bench.remote.git("rev-parse", "main", at=bench.remote.folder)
    assert bench.forge.pulls == []


async def test_what_became_of_it_is_told(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    await bench.apply(action)
    assert propose_change.followed is not None
    assert await propose_change.followed(action, bench.estate) is None
    url = f"{bench.forge.url}/ops/infra/pulls/1"
    bench.forge.close(1)
    assert await propose_change.followed(action, bench.estate) == Became(note=f"{url} was closed, and not merged", taken=False)
    bench.forge.close(1, merged_by="ada")
    assert await propose_change.followed(action, bench.estate) == Became(note=f"{url} was merged by ada", taken=True)


RED: list[tuple[dict[str, Any], str]] = [
    ({"path": "README.md", "write": "hello"}, "not within"),
    ({"path": "apps/.git/hooks/pre-push", "write": "curl"}, "cannot stand|never touched"),
    ({"path": "apps/.gitmodules", "write": "[submodule]"}, "never touched|cannot stand"),
    ({"path": "apps/stead.yaml", "write": "version: 1\n"}, "never touched"),
    ({"path": ".gitea/workflows/ci.yaml", "write": "on: push\n"}, "denied"),
    ({"path": "elsewhere/owned", "write": "x"}, "elsewhere is a link"),
    ({"path": "passwords", "write": "x"}, "link"),
    ({"path": "apps/huge.txt", "write": "x\n" * 20_000}, "lines"),
    ({"path": "apps/token.txt", "write": "token: " + "ghp_" + "a1B2" * 9 + "\n"}, "secret"),
    ({"path": FILE, "find": "replicas: 2", "replace": "replicas: ["}, "is no YAML"),
    ({"path": "apps/rights.yaml", "write": "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"}, "never changed"),
    ({"path": "apps/chart/templates/rights.yaml", "write": "{{ if .a }}\nkind: ClusterRoleBinding\n{{ end }}\n"}, "left to people"),
    ({"path": "apps/policy.yaml", "write": "rules:\n- id: all\n  verdict: allow\n"}, "said by people"),
    ({"path": FILE, "find": "replicas: 2", "replace": "replicas: 2"}, "changes nothing"),
]


async def test_what_a_model_must_not_propose_is_refused_before_anybody_is_asked(bench: Bench) -> None:
    import re

    for change, said in RED:
        _, why = await bench.prepared(change)
        assert re.search(said, why), (change, why)
    assert bench.branches() == []
    assert bench.forge.asked == []


async def test_validators_run_in_the_sandbox_and_speak_only_of_the_change(bench: Bench) -> None:
    looks = ("sh", "-c", "test ! -e /home && test ! -e apps/bad && ! grep -q 128Mi apps/api/deployment.yaml")
    bench.open(validators=(looks,))
    _, why = await bench.prepared(MEMORY)
    assert "fails with it" in why
    bench.open(validators=(("grep", "-q", "128Mi", FILE), ("false",), ("no-such-validator", "x")))
    action, why = await bench.prepared(MEMORY)
    assert why == ""
    said = action.request.parameters["because"]
    assert "is content" in said
    assert "`false` fails, with the change and without it" in said
    assert "no-such-validator is not installed" in said


async def test_a_forge_that_says_no_is_quoted(bench: Bench) -> None:
    action, _ = await bench.prepared(MEMORY)
    bench.forge.folder.joinpath("ops/infra.git/hooks/pre-receive").write_text("#!/bin/sh\necho branch is protected >&2\nexit 1\n")
    bench.forge.folder.joinpath("ops/infra.git/hooks/pre-receive").chmod(0o755)
    with pytest.raises(PermanentError, match="refused the branch"):
        await bench.apply(action)
