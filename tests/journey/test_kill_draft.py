"""`kill -9` around a draft pull request: while a coding program makes the edits, before the push, after it, and after the draft was opened.
One branch, one draft, whatever died.

The service is the real command; the provider of the model and the forge kill it, in the middle of what it asked for.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.estate.code.conftest import Remote
from tests.estate.code.forge import TOKEN, ForgeServer, forge_server
from tests.estate.code.messages import provider
from tests.journey.conftest import Json, World

from stead.app.discover import shelves
from stead.practice.model_server import Answer, model_server

PROGRAM = """#!/usr/bin/env python3
import os, urllib.request
headers = {"Authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", b'{"messages": []}', headers))
os.system("sed -i s/64Mi/128Mi/ apps/api/deployment.yaml")
"""
CHECK = '''
from datetime import timedelta

from stead.declare import host_check
from stead.domain.finding import Finding
from stead.domain.subject import Subject


@host_check(every=timedelta(seconds=10))
async def api_small(commands, estate, now):
    """The API has too little memory."""
    subject = Subject(estate=estate, api_version="host.stead/v1", kind="Host", name=estate)
    done = await commands.run(["cat", "{small}"], 5)
    return [] if done.code else [Finding(check="api_small", subject=subject, reason="Small", summary="the API has too little memory")]
'''
CONCLUDED: Json = {
    "cause": "The memory limit is too low.",
    "at_fault": {"kind": "Host", "name": "house"},
    "confidence": "high",
    "evidence": [{"claim": "it is too small", "by": ["F1"]}],
    "actions": [
        {
            "verb": "propose_change",
            "target": {"kind": "Repository", "name": "infra"},
            "parameters": {"title": "Give the API more memory", "task": "Give the API 128Mi of memory."},
            "reason": "it needs more than 64Mi",
        }
    ],
}


class Coding(World):
    """A machine whose one check finds something that a commit cures, and the forge where that commit goes."""

    async def __aenter__(self) -> Coding:
        (self.folder / "own").mkdir()
        (self.folder / "own" / "small.py").write_text(CHECK.replace("{small}", str(self.folder / "small")))
        (self.folder / "small").write_text("64Mi\n")
        (self.folder / "programs").mkdir()
        (self.folder / "programs" / "coder").write_text(PROGRAM)
        (self.folder / "programs" / "coder").chmod(0o755)
        token = self.folder / "forge-token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        self.remote = Remote(self.folder)
        self.forge: ForgeServer = self._stack.enter_context(forge_server(self.remote.root))
        self.forge.struck = self.struck
        await self._open_chat()
        self._origin = time.time()
        return self

    def struck(self) -> None:
        self._processes[-1].kill()

    def _watched(self) -> Json:
        repository: Json = {"name": "infra", "url": f"{self.forge.url}/ops/infra.git", "forge": {"url": self.forge.url}}
        programs = self.folder / "programs"
        repository |= {"coder": {"command": [str(programs / "coder")], "model": "claude", "reads": [str(programs)]}}
        return {
            "estates": [{"kind": "host", "id": "house"}],
            "checks": {"disabled": sorted(shelves().host_checks), "folders": [str(self.folder / "own")]},
            "repositories": [{**repository, "token": f"file:{self.folder / 'forge-token'}"}],
        }


@pytest.fixture
async def coding(tmp_path: Path, database_url: str) -> AsyncIterator[Coding]:
    async with Coding(tmp_path, database_url) as made:
        yield made


async def test_one_draft_survives_all_of_them(coding: Coding) -> None:
    answers = iter([Answer(calls=[("conclude", CONCLUDED)])])

    def says(_: Json) -> Answer:
        return next(answers, Answer(calls=[("conclude", {**CONCLUDED, "actions": []})]))

    async with model_server(says) as server, provider() as model:
        claude = {"name": "claude", "kind": "anthropic", "model": "claude-x", "base_url": model.url}
        coding.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}, claude]
        model.struck = coding.struck  # it dies while the program is at work,
        assert await coding.died(await coding.start()) == -signal.SIGKILL

        coding.forge.refuse.add("push")  # before its branch is there,
        dying = await coding.start()
        await coding.answer(await coding.asked())
        assert len(model.asked) == 2
        assert await coding.died(dying) == -signal.SIGKILL
        assert coding.forge.pulls == []

        coding.forge.lose |= {"push"}  # when it is there and nobody could say so,
        assert await coding.died(await coding.start()) == -signal.SIGKILL
        assert coding.forge.pulls == []
        pushed = set(coding.remote.branches())

        coding.forge.lose |= {"POST"}  # and when the draft is there, too.
        assert await coding.died(await coding.start()) == -signal.SIGKILL
        (draft,) = coding.forge.pulls

        await coding.start()

        async def told() -> bool:
            return draft["html_url"] in json.dumps(coding.chat.told)

        await coding.until(told)
        assert [one["number"] for one in coding.forge.pulls] == [1]
        assert set(coding.remote.branches()) == pushed == {"main", draft["head"]["ref"]}
        assert len(model.asked) == 2, "what it wrote was written down, and it was not run again"
        (asked,) = await coding.get("/api/approvals?all=true")
        assert asked["state"] == "approved"
