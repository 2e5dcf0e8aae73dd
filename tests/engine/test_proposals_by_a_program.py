"""A model gives a coding program a task: the diff that comes of it is asked about, and what it has cost counts as the run's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import broken
from tests.engine.test_proposals_in_git import ADA, CONCLUDED, WithCode
from tests.estate.code.conftest import Remote
from tests.estate.code.forge import TOKEN, ForgeServer, forge_server
from tests.estate.code.messages import KEY, provider

from stead.app.config import settings_of
from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, model_server
from stead.store import spending

PROGRAM = """#!/usr/bin/env python3
import os, sys, urllib.request
headers = {"Authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", b'{"messages": []}', headers))
with open("apps/api/deployment.yaml", "r+") as file:
    made = file.read().replace("64Mi", "128Mi")
    file.seek(0)
    file.write(made)
print("token: ", "gh" "p_" + "a1B2" * 9)
"""


def _proposes(title: str, **more: Any) -> dict[str, Any]:
    parameters = {"title": title, "task": "Give the API 128Mi of memory.", **more}
    return {
        "verb": "propose_change",
        "target": {"kind": "Repository", "name": "infra"},
        "parameters": parameters,
        "reason": "it needs more",
    }


@pytest.fixture
async def watched(tmp_path: Path, database_url: str, clock: SteppedClock) -> AsyncIterator[tuple[WithCode, Remote, ForgeServer]]:
    remote = Remote(tmp_path)
    for name, text in (("token", TOKEN), ("key", KEY)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "coder").write_text(PROGRAM)
    (programs / "coder").chmod(0o755)
    concluded = {**CONCLUDED, "actions": [_proposes("More memory"), _proposes("Again"), _proposes("Said already", said="it is good")]}
    turns = iter([Answer(calls=[("conclude", {**concluded, "evidence": [{"claim": "64Mi are allowed", "by": ["E1"]}]})])])

    def says(_: Any) -> Answer:
        return next(turns, Answer(calls=[("conclude", {**CONCLUDED, "actions": []})]))

    with forge_server(remote.root) as forge:
        async with model_server(says) as server, provider() as model:
            settings = settings_of(
                {
                    "store": {"folder": str(tmp_path / "state"), "url": database_url},
                    "models": [
                        {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url},
                        {
                            "name": "claude",
                            "kind": "anthropic",
                            "model": "claude-x",
                            "base_url": model.url,
                            "api_key": f"file:{tmp_path}/key",
                        },
                    ],
                    "channels": [{"name": "chat", "kind": "terminal"}],
                    "repositories": [
                        {
                            "name": "infra",
                            "url": f"{forge.url}/ops/infra.git",
                            "forge": {"url": forge.url},
                            "token": f"file:{tmp_path}/token",
                            "coder": {"command": [str(programs / "coder")], "model": "claude", "reads": [str(programs)]},
                        }
                    ],
                }
            )
            made = WithCode(settings, clock, edit=True, chats=["chat"])
            await made.stead.start()
            try:
                yield made, remote, forge
            finally:
                await made.stead.stop()


async def test_from_the_task_to_the_draft(watched: tuple[WithCode, Remote, ForgeServer]) -> None:
    on_call, remote, forge = watched
    await on_call.sees(broken("Pod", "api", check="container_oom"), after=timedelta(seconds=20))

    (approval,) = await on_call.stead.approvals()
    assert "+            memory: 128Mi  # measured in spring" in approval["preview"]
    assert approval["command"] == "# in infra: More memory (edited by a coding program)"
    said = str(await on_call.incident())
    assert "a program has written one proposal already" in said
    assert "`said` is filled in by Stead itself" in said
    assert "ghp_" not in str(approval)
    spent = await on_call.stead.look(lambda connection, _: spending.on_episode(connection, 1, 1))
    assert spent.tokens_in >= 150
    assert forge.pulls == []

    await on_call.stead.decide(approval["number"], approve=True, by=ADA)
    await on_call.passes(timedelta(minutes=3))
    (pull,) = forge.pulls
    assert pull["title"] == "WIP: More memory"
    assert "Give the API 128Mi of memory." in pull["body"]
    assert [branch for branch in remote.branches() if branch != "main"] == [pull["head"]["ref"]]
