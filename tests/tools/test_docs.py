"""Documentation of Git repositories as a model reads it: cited by file, line and commit, kept fresh, and nothing beyond the repository."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError
from tests.tools.conftest import look

from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.push import Push, repository_name
from stead.domain.run import Seen
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.tools.docs import DocsSettings, docs

WHO = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}


class Wiki:
    """A repository with two runbooks, a link that leads out, and something that is nobody's business."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main", str(folder), inside=False)
        (folder / "docs").mkdir()
        (folder / "docs" / "out.md").symlink_to("/etc/passwd")
        (folder / "docs" / "logo.bin").write_bytes(b"\0\1")
        self.write("docs/database.md", "# Database\n\nWhen it is full, grow the volume claim.\nThe password=hunter2secret is old.\n")
        self.write("docs/shop.md", "# Shop\n\nIt waits for the database.\n")
        self.write("private/diary.md", "the database of my heart\n")

    def git(self, *words: str, inside: bool = True) -> str:
        argv = ["git", *(["-C", str(self.folder)] if inside else []), *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, **WHO}).stdout.strip()

    def write(self, path: str, text: str) -> str:
        """The file, committed; the commit's first characters."""
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", path)
        return self.git("rev-parse", "HEAD")[:12]


@pytest.fixture
def wiki(tmp_path: Path) -> Wiki:
    return Wiki(tmp_path / "wiki")


@pytest.fixture
def toolset(wiki: Wiki, tmp_path: Path, clock: SteppedClock) -> Toolset:
    repository = {"url": f"file://{wiki.folder}", "folder": "docs"}
    return docs.open(DocsSettings(repositories={"runbooks": repository}), clock, tmp_path / "state")  # pyright: ignore[reportArgumentType]


async def ask(toolset: Toolset, clock: SteppedClock, tool: str, **arguments: Any) -> Seen:
    return await look(HostEstate("attic", LocalCommands(), (), clock), toolset, tool, **arguments)


async def test_what_is_there_and_nothing_else(wiki: Wiki, toolset: Toolset, clock: SteppedClock) -> None:
    listed = await ask(toolset, clock, "docs_list")
    assert listed.text.splitlines() == [
        f"runbooks at {wiki.git('rev-parse', 'HEAD')[:12]}",
        *("  docs/database.md", "  docs/logo.bin", "  docs/out.md", "  docs/shop.md"),
    ]
    assert listed.tainted


async def test_a_file_with_its_lines_and_its_commit(wiki: Wiki, toolset: Toolset, clock: SteppedClock) -> None:
    read = await ask(toolset, clock, "docs_read", repository="runbooks", path="docs/database.md")
    head, *lines = read.text.splitlines()
    assert head == f"docs/database.md in runbooks at {wiki.git('rev-parse', 'HEAD')[:12]}"
    assert lines[2] == "3: When it is full, grow the volume claim." and "hunter2secret" not in read.text
    later = await ask(toolset, clock, "docs_read", repository="runbooks", path="docs/database.md", from_line=3)
    assert later.text.splitlines()[1].startswith("3: ")


@pytest.mark.parametrize(
    "path", ["private/diary.md", "../wiki/docs/shop.md", "docs/../private/diary.md", "/etc/passwd", "docs/nothing.md", "docs", "-x"]
)
async def test_no_path_leads_out_of_the_folder(toolset: Toolset, clock: SteppedClock, path: str) -> None:
    seen = await ask(toolset, clock, "docs_read", repository="runbooks", path=path)
    assert seen.failed and "there is no file" in seen.text


async def test_a_link_is_its_text_and_a_picture_is_none(toolset: Toolset, clock: SteppedClock) -> None:
    link = await ask(toolset, clock, "docs_read", repository="runbooks", path="docs/out.md")
    assert link.text.splitlines()[1:] == ["1: /etc/passwd"]
    assert (await ask(toolset, clock, "docs_read", repository="runbooks", path="docs/logo.bin")).text == "error: docs/logo.bin is no text"


async def test_words_are_found_with_file_and_line_the_best_first(toolset: Toolset, clock: SteppedClock) -> None:
    both = await ask(toolset, clock, "docs_search", words="DATABASE waits")
    assert both.text.splitlines()[1:] == ["  docs/shop.md:3: It waits for the database."]
    any_ = await ask(toolset, clock, "docs_search", words="volume, waits")
    assert [line.split(": ")[0] for line in any_.text.splitlines()[1:]] == ["  docs/database.md:3", "  docs/shop.md:3"]
    assert (await ask(toolset, clock, "docs_search", words="--open-files-in-pager=id")).text.endswith("\n  nothing")
    assert "diary" not in (await ask(toolset, clock, "docs_search", words="heart")).text


async def test_what_is_new_is_there_when_its_time_has_come(wiki: Wiki, toolset: Toolset, clock: SteppedClock) -> None:
    await ask(toolset, clock, "docs_list")
    commit = wiki.write("docs/network.md", "new\n")
    assert "network" not in (await ask(toolset, clock, "docs_list")).text
    clock.advance(timedelta(minutes=15))
    fresh = await ask(toolset, clock, "docs_list")
    assert "docs/network.md" in fresh.text and commit in fresh.text


async def test_a_push_to_it_has_it_renewed_at_the_next_use(wiki: Wiki, toolset: Toolset, clock: SteppedClock) -> None:
    await ask(toolset, clock, "docs_list")
    wiki.write("docs/network.md", "new\n")
    name = repository_name(f"file://{wiki.folder}")
    assert toolset.pushed is not None
    for other in (Push(repository="ada/else", branch="main", after="4"), Push(repository=name, branch="topic", after="4", default=False)):
        toolset.pushed(other)
        assert "network" not in (await ask(toolset, clock, "docs_list")).text
    toolset.pushed(Push(repository=name, branch="main", after="4"))
    assert "docs/network.md" in (await ask(toolset, clock, "docs_list")).text
    wiki.write("docs/power.md", "newer\n")
    assert "power" not in (await ask(toolset, clock, "docs_list")).text, "once for a push"


async def test_a_remote_that_is_gone_leaves_what_was_known(wiki: Wiki, toolset: Toolset, clock: SteppedClock) -> None:
    await ask(toolset, clock, "docs_list")
    wiki.folder.rename(wiki.folder.with_name("gone"))
    clock.advance(timedelta(minutes=15))
    seen = await ask(toolset, clock, "docs_list")
    assert "docs/shop.md" in seen.text and "could not be brought up to date" in seen.text and not seen.failed


async def test_a_remote_that_never_was_is_told(tmp_path: Path, clock: SteppedClock) -> None:
    settings = DocsSettings.model_validate({"repositories": {"x": {"url": f"file://{tmp_path}/nowhere"}}})
    seen = await ask(docs.open(settings, clock, tmp_path / "state"), clock, "docs_list")
    assert seen.failed and "could not be fetched" in seen.text


class Smart(BaseHTTPRequestHandler):
    """Git's own server over HTTP (git-http-backend(1)), and what each request had for credentials."""

    seen: ClassVar[list[str]] = []
    root = ""

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def _pass_on(self, body: bytes) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        path, _, query = self.path.partition("?")
        cgi = {"GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query}
        cgi |= {"REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body))}
        cgi |= {"GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")}
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env={**os.environ, **cgi}, check=True)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *_: Any) -> None:
        pass


@pytest.fixture
def over_http(wiki: Wiki) -> Iterator[tuple[str, list[str]]]:
    Smart.root, Smart.seen[:] = str(wiki.folder), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Smart)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/.git", Smart.seen
    server.shutdown()
    thread.join()
    server.server_close()


async def test_over_http_with_a_token_that_stays_out_of_the_copy(
    over_http: tuple[str, list[str]], tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_TOKEN", "s3cret-token")
    settings = DocsSettings.model_validate({"repositories": {"wiki": {"url": over_http[0], "token": "env:WIKI_TOKEN"}}})
    seen = await ask(docs.open(settings, clock, tmp_path / "state"), clock, "docs_list")
    assert "docs/shop.md" in seen.text
    assert set(over_http[1]) == {"Basic c3RlYWQ6czNjcmV0LXRva2Vu"}
    kept = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
    assert b"s3cret-token" not in kept and b"c3RlYWQ6" not in kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ext::sh -c id"},
        {"url": "--upload-pack=id"},
        {"url": "ssh://-oProxyCommand=id/x"},
        {"url": "https://me:hunter2@git.example.com/x.git"},
        {"url": "https://git.example.com/x.git", "ref": "--all"},
        {"url": "https://git.example.com/x.git", "folder": "../x"},
        {"url": "https://git.example.com/x.git", "folder": "/etc"},
    ],
)
def test_what_could_be_something_else_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        DocsSettings.model_validate({"repositories": {"x": wrong}})
    assert "hunter2" not in str(refused.value)
