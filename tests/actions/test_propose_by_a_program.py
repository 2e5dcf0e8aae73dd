"""propose_change by a coding program: what it edits comes back as a diff, and nothing else of what it does gets anywhere.

The program is a small script that speaks to the model as a real one does; the sandbox, Git and the door to the model are real.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.actions.test_propose_change import FILE, Bench
from tests.estate.code.conftest import DEPLOYMENT, Remote
from tests.estate.code.forge import TOKEN, forge_server
from tests.estate.code.messages import KEY, Provider, provider

from stead.actions.propose_change import propose_change
from stead.clocks import SteppedClock
from stead.domain.action import Action, ActionRequest, Precondition
from stead.domain.drafting import Drafted
from stead.domain.model import ModelSpec
from stead.domain.parameter import wrong
from stead.domain.run import Spent
from stead.domain.subject import Subject
from stead.estate.code.coder import Coder
from stead.estate.code.estate import REPOSITORIES
from stead.estate.code.repository import API

TASK = "Give the API 128Mi of memory."
EDITS = "sed -i s/64Mi/128Mi/ apps/api/deployment.yaml\n"
ASKS = """
import json, os, sys, urllib.request
def ask(path="/v1/messages", token=os.environ["ANTHROPIC_AUTH_TOKEN"], **more):
    body = {"model": "some-other", "max_tokens": 9, "messages": [{"role": "user", "content": sys.stdin.read()}], **more}
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json", "anthropic-beta": "b-1"}
    request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + path, json.dumps(body).encode(), headers)
    try:
        return 200, urllib.request.urlopen(request).read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
"""


class Programs:
    """A bench whose repository has a coding program: a script that each test writes."""

    def __init__(self, bench: Bench, model: Provider, folder: Path) -> None:
        self.bench, self.model, self.folder = bench, model, folder
        self.folder.mkdir()
        self.may = ""
        self.spent = Spent()

    async def drafts(self, script: str, *, python: bool = False, task: str = TASK, **more: Any) -> Drafted:
        program = self.folder / "coder"
        program.write_text(f"#!/usr/bin/env python3\n{ASKS}\n{script}" if python else f"#!/bin/sh\n{script}")
        program.chmod(0o755)
        spec = ModelSpec(name="claude", kind="anthropic", model="claude-x", key=lambda: KEY, price_in=1.0, price_out=2.0)
        coder = Coder(command=(str(program), "-p"), spec=spec, url=self.model.url, reads=(self.folder,), seconds=20.0)
        self.bench.open(coder=replace(coder, **more))

        async def may(spent: Spent) -> str:
            self.spent = spent
            return self.may

        request = ActionRequest(
            verb="propose_change",
            subject=Subject(estate=REPOSITORIES, api_version=API, kind="Repository", name="infra", uid="u"),
            precondition=Precondition(uid="u"),
            check="container_oom",
            fingerprint="f",
            reason="the limit is too low",
            proposer="investigator",
            parameters={"title": "Give the API more memory", "task": task},
        )
        assert wrong(propose_change.parameters, request.parameters) == ""
        assert propose_change.drafted is not None
        return await propose_change.drafted(request, self.bench.estate, ["killed for its memory"], may)

    async def refused(self, script: str, **more: Any) -> str:
        """Why what it did is not proposed, now or when it is judged. Nothing has left, and nothing is left behind."""
        drafted = await self.drafts(script, **more)
        why = drafted.why_not
        if not why:
            assert propose_change.prepare is not None
            _, why = await propose_change.prepare(drafted.request, self.bench.estate, [])
        assert self.bench.branches() == [] and self.bench.forge.asked == []
        assert self.left() == []
        assert "\n" not in why
        return why

    def left(self) -> list[Path]:
        return list(self.bench.repository.folder.glob("scratch-*"))


@pytest.fixture
async def programs(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Programs]:
    remote = Remote(tmp_path)
    with forge_server(remote.root) as forge:
        async with provider() as model:
            yield Programs(Bench(remote, forge, tmp_path, clock), model, tmp_path / "programs")


async def test_what_it_edits_is_judged_shown_and_pushed_as_any_edit(programs: Programs) -> None:
    drafted = await programs.drafts(
        f"status, said = ask(stream=True)\nprint(status, said)\nos.system({EDITS!r})\nopen('docs.md', 'w')\nos.remove('docs.md')",
        python=True,
    )
    assert drafted.why_not == ""
    request = drafted.request
    assert request.parameters["changes"] == [
        {
            "path": FILE,
            "find": "            memory: 64Mi  # measured in spring\n",
            "replace": "            memory: 128Mi  # measured in spring\n",
        }
    ]
    assert request.tainted
    assert "message_stop" in request.parameters["said"]
    assert (drafted.model, drafted.spent.tokens_in, drafted.spent.tokens_out, drafted.spent.calls) == ("claude", 150, 7, 1)

    ((path, headers, body),) = programs.model.asked
    assert (path, body["model"], headers["x-api-key"], headers["anthropic-beta"]) == ("/v1/messages", "claude-x", KEY, "b-1")
    assert "Authorization" not in headers
    told = body["messages"][0]["content"]
    assert TASK in told and "killed for its memory" in told and "apps/**" in told

    assert propose_change.prepare is not None
    request, why = await propose_change.prepare(request, programs.bench.estate, ["killed for its memory"])
    assert why == ""
    assert TASK in request.parameters["because"]
    action = Action(id="41.1.1.1", incident=41, request=request)
    asked = len(programs.model.asked)
    await programs.bench.apply(action)
    programs.bench.open()  # another life of the service, without any program: what was decided on is in the request
    assert await propose_change.landed(action, programs.bench.estate)
    (branch,) = programs.bench.branches()
    assert programs.bench.remote.show(branch, FILE) == DEPLOYMENT.replace("64Mi", "128Mi").strip()
    assert len(programs.model.asked) == asked
    assert programs.left() == []


HOSTILE = [
    (
        "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch /tmp/x' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout",
        "never touched",
    ),
    ("mkdir .git; printf '[core]\\n\\tfsmonitor = touch x\\n[alias]\\n\\tdiff = !touch x\\n' > .git/config", "never touched"),
    ("mkdir -p apps/sub; printf 'gitdir: /etc' > apps/sub/.git", "never touched"),
    ("printf '* filter=x' > apps/.gitattributes", "never touched"),
    ("ln -s /etc/passwd apps/link", "apps/link is a link"),
    ("rm -rf apps && ln -s /etc apps", "apps is"),
    ("mkfifo apps/pipe", "no ordinary file"),
    ("echo x >> README.md", "README.md is not within"),
    ("mkdir -p .gitea/workflows; echo 'on: push' > .gitea/workflows/x.yaml", "denied"),
    ("chmod +x " + FILE, "another mode"),
    ("printf 'token: gh''p_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2\\n' > apps/t.yaml", "secret"),
    ("printf 'a\\0b' > apps/b.md", "no text"),
    ("yes | head -c 300000 > apps/big.md", "bytes"),
    ("for n in $(seq 30); do echo x > apps/$n.md; done", "more than 20 files"),
    ("printf 'kind: Secret\\napiVersion: v1\\n' > apps/s.yaml", "never changed"),
    ("i=0; while [ $i -lt 90 ]; do mkdir d; cd d; i=$((i+1)); done", "deep"),
    ("printf x > \"$(printf 'apps/a\\001b')\"", "no name for a file"),
    ("true", "changed nothing"),
    (EDITS + "exit 3", "exit code 3"),
    (EDITS + "echo why not; exit 1", "its last words were: why not"),
]


async def test_whatever_else_it_does_ends_in_one_sentence(programs: Programs) -> None:
    for script, said in HOSTILE:
        why = await programs.refused(script)
        assert said in why, (script, why)


async def test_it_sees_and_reaches_nothing_but_its_files_and_the_door(programs: Programs) -> None:
    """What it finds out is written into a file, and read from the edit."""
    port = programs.bench.forge.url.rpartition(":")[2]
    script = f"""
import socket
found = []
def tries(name, work):
    try:
        work()
        found.append(name)
    except Exception:
        pass
tries("forge", lambda: socket.create_connection(("127.0.0.1", {port}), 2))
tries("network", lambda: socket.create_connection(("192.0.2.1", 80), 2))
tries("names", lambda: socket.getaddrinfo("example.com", 80))
for path in ("../outside", "{programs.folder}/outside", "{programs.bench.folder}/outside"):
    tries(path * path.startswith("{programs.folder}"), lambda: open(path, "w"))
tries("state", lambda: os.listdir("{programs.bench.repository.folder}/copy.git"))
tries("token", lambda: open("{programs.bench.folder}/token"))
tries("usr", lambda: open("/usr/x", "w"))
tries("kill", lambda: os.kill({os.getpid()}, 0))
tries("git", lambda: os.stat(".git"))
tries("link", lambda: os.lstat("passwords"))
for path in ("/v1/files", "/", "/v1/models", "/v1/messages/batches"):
    if ask(path)[0] != 404: found.append(path)
if ask(token="x")[0] != 401: found.append("any token")
image = {{"type": "image", "source": {{"type": "url", "url": "https://x"}}}}
if ask(messages=[{{"role": "user", "content": [image]}}])[0] != 400: found.append("url")
ask(mcp_servers=[{{"url": "https://x"}}], tools=[{{"type": "web_fetch_1", "name": "f"}}, {{"name": "own", "input_schema": {{}}}}])
if {KEY!r} in str(os.environ) or {TOKEN!r} in str(os.environ): found.append("a key")
left = sorted(n for n in os.environ if not n.startswith(("ANTHROPIC_", "CLAUDE_CODE_", "DISABLE_")))
if left != ["HOME", "LC_ALL", "PATH", "PWD"] : found.append(str(left))
open("apps/found.md", "w").write(repr([one for one in found if one]) + "\\n")
"""
    drafted = await programs.drafts(script, python=True)
    assert drafted.why_not == ""
    assert drafted.request.parameters["changes"] == [{"path": "apps/found.md", "write": "[]\n"}]
    assert not list(programs.bench.folder.rglob("outside"))
    ((_, _, body),) = programs.model.asked
    assert "mcp_servers" not in body and [tool["name"] for tool in body["tools"]] == ["own"]


async def test_a_file_with_a_secret_is_not_shown_to_it(programs: Programs) -> None:
    secret = "ghp_" + "a1B2" * 9
    programs.bench.remote.write("apps/token.txt", f"token: {secret}\n")
    drafted = await programs.drafts("grep -r gh''p_ . ; ls apps; " + EDITS)
    assert drafted.why_not == "" and secret not in drafted.request.parameters["said"]
    assert "not shown" in await programs.refused("echo mine > apps/token.txt")


async def test_what_it_prints_is_redacted_and_cut(programs: Programs) -> None:
    secret = "ghp_" + "a1B2" * 9
    drafted = await programs.drafts(f"{EDITS}seq 100000; printf '\\033[31m{secret}\\n'")
    said = drafted.request.parameters["said"]
    assert len(said) <= 4000 and secret not in said and "\x1b" not in said and "99999" in said
    assert "said more than" in await programs.refused(EDITS + "yes")


async def test_it_is_ended_with_all_that_it_started(programs: Programs) -> None:
    why = await programs.refused(EDITS + "sleep 3600", seconds=0.5)
    assert "did not end within" in why
    drafted = await programs.drafts(EDITS + "(setsid sh -c 'sleep 3599; echo x > apps/late.md' &) ; exit 0")
    assert drafted.why_not == ""
    assert [one["path"] for one in drafted.request.parameters["changes"]] == [FILE]
    await _gone(b"sleep\x003599")


async def test_it_is_ended_when_nobody_waits_for_it_any_more(programs: Programs) -> None:
    drafting = asyncio.ensure_future(programs.drafts("ask()\nos.system('sleep 3598')", python=True))
    programs.model.struck = lambda: bool(drafting.cancel())
    with pytest.raises(asyncio.CancelledError):
        await drafting
    assert programs.left() == []
    await _gone(b"sleep\x003598")
    await _gone(str(programs.folder).encode())


async def _gone(words: bytes) -> None:
    """The kernel ends a whole namespace a moment after its first process."""
    async with asyncio.timeout(5):
        while _runs(words):
            await asyncio.sleep(0)


def _runs(words: bytes) -> bool:
    """Whether a process of such a command line runs."""
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if words in Path(f"/proc/{pid}/cmdline").read_bytes():
                return True
    return False


async def test_it_spends_no_more_than_it_may(programs: Programs) -> None:
    asks = "for _ in range(5): ask()\n" + f"os.system({EDITS!r})"
    why = await programs.refused(asks, python=True, tokens=300)
    assert "314 of its 300 tokens are spent" in why
    assert len(programs.model.asked) == 2
    programs.may = "the budget of the day: 9 of 9 tokens are spent"
    why = await programs.refused(asks, python=True)
    assert "the budget of the day" in why
    assert len(programs.model.asked) == 2


async def test_a_provider_that_says_no_is_told_without_its_words(programs: Programs) -> None:
    programs.model.status = 401
    why = await programs.refused("status, said = ask()\nprint(status, said)\nsys.exit(1)", python=True)
    assert "claude says 401" in why and KEY not in why


async def test_a_program_that_is_not_there_is_said(programs: Programs) -> None:
    from stead.domain.errors import BlindError

    with pytest.raises(BlindError, match="the sandbox has no program /nowhere/claude"):
        await programs.drafts("true", command=("/nowhere/claude", "-p"))
    drafted = await programs.drafts("true", task=TASK)
    assert drafted.why_not == "the coding program changed nothing"
