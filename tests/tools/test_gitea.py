"""Gitea as a model reads it, against a server that knows what the API's own description allows and refuses anything else."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.tools.conftest import look
from tests.tools.servers import serving

from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.run import Seen
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.tools.gitea import GiteaSettings, gitea

R = r"/api/v1/repos/[^/]+/[^/]+"
CONTRACT: dict[str, set[str]] = {
    r"/api/v1/repos/search": {"q", "topic", "uid", "private", "archived", "mode", "sort", "order", "page", "limit"},
    r"/api/v1/repos/issues/search": {"state", "labels", "milestones", "q", "type", "since", "before", "owner", "team", "page", "limit"},
    rf"{R}/issues/\d+": set(),
    rf"{R}/issues/\d+/comments": {"since", "before"},
    rf"{R}/pulls/\d+": set(),
    rf"{R}/pulls/\d+\.diff": {"binary"},
    rf"{R}/pulls/\d+/files": {"skip-to", "whitespace", "page", "limit"},
    rf"{R}/contents": {"ref"},
    rf"{R}/contents/.+": {"ref"},
    rf"{R}/commits": {"sha", "path", "stat", "verification", "files", "not", "page", "limit"},
}
"""Paths of the API that read, and the parameters that each takes, as `/swagger.v1.json` describes them."""

ADA = {"login": "ada"}
ISSUE = {
    "number": 7,
    "title": "Shop is slow",
    "state": "open",
    "user": ADA,
    "created_at": "2026-01-05T08:00:00Z",
    "updated_at": "2026-01-05T09:00:00Z",
    "labels": [{"name": "bug"}],
    "body": "Since the release, password=hunter2secret",
    "repository": {"full_name": "infra/shop"},
}
PULL = {
    **ISSUE,
    "number": 8,
    "title": "Raise the limit",
    "merged": True,
    "merged_at": "2026-01-05T08:30:00Z",
    "head": {"label": "fix"},
    "base": {"label": "main"},
}
FILE = {"type": "file", "path": "apps/shop.yaml", "size": 12, "content": base64.b64encode(b"replicas: 3\n").decode()}
ANSWERS: dict[str, Any] = {
    "/api/v1/repos/search": {"data": [{"full_name": "infra/shop"}, {"full_name": "secret/diary"}]},
    "/api/v1/repos/issues/search": [ISSUE, {**ISSUE, "repository": {"full_name": "secret/diary"}}],
    "/api/v1/repos/infra/shop/issues/7": ISSUE,
    "/api/v1/repos/infra/shop/issues/7/comments": [{"user": ADA, "created_at": "2026-01-05T08:10:00Z", "body": "I see it too"}],
    "/api/v1/repos/infra/shop/pulls/8": PULL,
    "/api/v1/repos/infra/shop/pulls/8/files": [{"filename": "apps/shop.yaml", "status": "modified", "additions": 1, "deletions": 1}],
    "/api/v1/repos/infra/shop/contents": [{"type": "dir", "path": "apps", "size": 0}, {"type": "file", "path": "README.md", "size": 9}],
    "/api/v1/repos/infra/shop/contents/apps/shop.yaml": FILE,
    "/api/v1/repos/infra/shop/contents/logo.png": {**FILE, "path": "logo.png", "content": base64.b64encode(b"\x89PNG\0").decode()},
    "/api/v1/repos/infra/shop/commits": [
        {
            "sha": "4f2a9c1d00000000",
            "commit": {"message": "Raise the limit\n\nmore", "author": {"name": "Ada", "date": "2026-01-05T08:29:00Z"}},
        }
    ],
}


class Server:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tokens: set[str] = set()

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        self.tokens.add(request.headers.get("Authorization", ""))
        allowed = next((params for path, params in CONTRACT.items() if re.fullmatch(path, request.path)), None)
        assert request.method == "GET" and allowed is not None and set(request.query) <= allowed, request.path_qs
        if request.path.endswith(".diff"):
            return web.Response(text="--- a/apps/shop.yaml\n+++ b/apps/shop.yaml\n-replicas: 2\n+replicas: 3\n")
        if request.path not in ANSWERS:
            return web.json_response({"message": "GetContentsOrList"}, status=404)
        return web.json_response(ANSWERS[request.path])


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    made = Server()
    async with serving(made) as url:
        yield made, url


@pytest.fixture
def toolset(server: tuple[Server, str], tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> Toolset:
    monkeypatch.setenv("GITEA_TOKEN", "s3cret-token")
    return gitea.open(GiteaSettings(url=server[1], token="env:GITEA_TOKEN", repositories=("infra/*",)), clock, tmp_path)


@pytest.fixture
def estate(clock: SteppedClock) -> HostEstate:
    return HostEstate("attic", LocalCommands(), (), clock)


async def ask(toolset: Toolset, estate: HostEstate, tool: str, **arguments: Any) -> Seen:
    seen = await look(estate, toolset, tool, **arguments)
    assert "s3cret-token" not in repr(seen)
    return seen


async def test_words_find_issues_and_repositories_that_may_be_read(
    server: tuple[Server, str], toolset: Toolset, estate: HostEstate
) -> None:
    found = await ask(toolset, estate, "gitea_search", words="slow shop")
    assert found.text == "infra/shop#7  open  2026-01-05T09:00:00Z  Shop is slow" and found.tainted
    assert (await ask(toolset, estate, "gitea_search", words="shop", what="repositories")).text == "infra/shop"
    assert server[0].asked[0] == "/api/v1/repos/issues/search?q=slow+shop&type=issues&state=open&limit=30"
    assert server[0].tokens == {"token s3cret-token"}


async def test_an_issue_with_its_comments_and_without_secrets(toolset: Toolset, estate: HostEstate) -> None:
    seen = await ask(toolset, estate, "gitea_issue", repository="infra/shop", number=7)
    assert seen.text.startswith("#7 Shop is slow (open; bug)\nby ada, 2026-01-05T08:00:00Z")
    assert "I see it too" in seen.text and "hunter2secret" not in seen.text and seen.tainted


async def test_a_pull_request_with_files_or_as_a_diff(toolset: Toolset, estate: HostEstate) -> None:
    seen = await ask(toolset, estate, "gitea_pull", repository="infra/shop", number=8)
    assert "fix into main, merged at 2026-01-05T08:30:00Z" in seen.text and "modified apps/shop.yaml +1 -1" in seen.text
    assert "+replicas: 3" in (await ask(toolset, estate, "gitea_pull", repository="infra/shop", number=8, diff=True)).text


async def test_folders_files_and_commits(toolset: Toolset, estate: HostEstate) -> None:
    assert "README.md" in (await ask(toolset, estate, "gitea_files", repository="infra/shop")).text
    assert (await ask(toolset, estate, "gitea_files", repository="infra/shop", path="apps/shop.yaml", ref="main")).text == "replicas: 3\n"
    assert "no text" in (await ask(toolset, estate, "gitea_files", repository="infra/shop", path="logo.png")).text
    commits = await ask(toolset, estate, "gitea_commits", repository="infra/shop", path="apps/shop.yaml")
    assert commits.text == "4f2a9c1d0000  2026-01-05T08:29:00Z  Ada  Raise the limit"


async def test_what_is_not_there_is_told_in_the_servers_words(toolset: Toolset, estate: HostEstate) -> None:
    seen = await ask(toolset, estate, "gitea_files", repository="infra/shop", path="nothing")
    assert seen.failed and "(404): GetContentsOrList" in seen.text


@pytest.mark.parametrize(
    ("repository", "path"),
    [("secret/diary", "x"), ("infra/shop/../../secret/diary", "x"), ("infra", "x"), ("infra/shop", "../../x"), ("infra/shop", "a\0b")],
)
async def test_nothing_else_is_asked_for(
    server: tuple[Server, str], toolset: Toolset, estate: HostEstate, repository: str, path: str
) -> None:
    assert (await ask(toolset, estate, "gitea_files", repository=repository, path=path)).failed
    assert server[0].asked == []


@pytest.mark.parametrize(("status", "told"), [(401, "refuses to answer (401)"), (302, "redirect"), (500, "answered 500"), (200, "no JSON")])
async def test_a_server_that_fails_is_told(estate: HostEstate, tmp_path: Path, clock: SteppedClock, status: int, told: str) -> None:
    async def fails(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "http://127.0.0.1:9/"}, text="<html>")

    async with serving(fails) as url:
        seen = await ask(gitea.open(GiteaSettings(url=url), clock, tmp_path), estate, "gitea_issue", repository="a/b", number=1)
    assert seen.failed and told in seen.text
