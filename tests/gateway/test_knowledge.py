"""Knowledge: read from folders and repositories, shown with the incident that it fits, searched, reviewed, and told to models."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Service, running
from tests.gateway.test_runs import types
from tests.tools.conftest import look

from stead.cli.run import run
from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server

DOOR = """---
kind: runbook
title: An open door
checks: [door_*]
kinds: [Host]
---
# An open door

1. Look whether somebody carries a sofa. password=hunter2secret opens the cellar.
2. If not, shut it.
"""
SOFA = """---
kind: edge-case
title: Moving day
strategy: Leave it open until the evening.
checks: [door_open]
reasons: [Open]
names: [house]
---
The sofa comes on Saturdays.
"""


async def settled(service: Service) -> None:
    """Every source was looked at."""
    await service.stead.library.refresh(now=True)


@pytest.fixture
async def library(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A service with a folder of two entries that fit its door, and one that does not."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    books = tmp_path / "books"
    (books / "house").mkdir(parents=True)
    (books / "house" / "door.md").write_text(DOOR)
    (books / "house" / "sofa.md").write_text(SOFA)
    (books / "cellar.md").write_text("# The cellar\n\nIt floods in spring.\n")
    (books / "bad.md").write_text("---\nkind: tale\n---\nOnce.\n")
    (tmp_path / "outside.md").write_text("# Not ours\n\nsecret garden\n")
    (books / "link.md").symlink_to(tmp_path / "outside.md")
    terminal = [{"name": "screen", "kind": "terminal"}]
    async with running(tmp_path, clock, knowledge=[{"name": "books", "folder": str(books)}], channels=terminal) as service:
        await settled(service)
        yield service


async def test_what_fits_is_shown_with_the_incident_without_a_model(library: Service, capsys: pytest.CaptureFixture[str]) -> None:
    library.door.write_text("wide open\n")
    await library.happens("delivery.sent")
    _, incident = await library.get("/api/incidents/1")
    assert [(e["kind"], e["title"], e["path"]) for e in incident["knowledge"]] == [
        ("edge-case", "Moving day", "house/sofa.md"),
        ("runbook", "An open door", "house/door.md"),
    ], "the special case first"
    blocks = [block for delivery in incident["deliveries"] for block in delivery["message"]["blocks"]]
    said = {block["text"]: block["command"] for block in blocks}
    ids = {entry["title"]: entry["id"] for entry in incident["knowledge"]}
    assert said["Edge case: Moving day: Leave it open until the evening."] == f"stead knowledge show {ids['Moving day']}"
    assert said["Runbook: An open door"] == f"stead knowledge show {ids['An open door']}"
    _, out, _ = await types(library, capsys, "show I-1")
    assert f"Runbook: An open door (stead knowledge show {ids['An open door']})" in out

    assert (await types(library, capsys, f"knowledge reject {ids['Moving day']}"))[0] == 0
    _, incident = await library.get("/api/incidents/1")
    assert [entry["title"] for entry in incident["knowledge"]] == ["An open door"], "what was rejected is shown to nobody"


async def test_the_command_line_lists_shows_and_searches(library: Service, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = await types(library, capsys, "knowledge list")
    assert "An open door" in out
    assert "Not ours" not in out, "a link that leads out of the folder is passed over"
    assert "books: 1 files cannot be used" in err
    _, _, err = await types(library, capsys, "knowledge sources")
    assert "bad.md:2: `kind` is not" in err
    _, out, _ = await types(library, capsys, "knowledge search sofas on saturday")
    assert out.splitlines()[0].endswith("edge-case: Moving day (books: house/sofa.md)")
    assert "  1: The sofa comes on Saturdays." in out
    assert (await types(library, capsys, "knowledge search zebra"))[0] == 1
    _, found = await library.get("/api/knowledge/search?words=cellar")
    assert [(hit["title"], hit["lines"][0]["line"]) for hit in found] == [("The cellar", 1), ("An open door", 3)]
    assert "hunter2secret" not in str(found), "secrets are hidden before anything is kept"
    _, out, _ = await types(library, capsys, f"knowledge show {found[0]['id']} --file")
    assert out == '---\nkind: "page"\ntitle: "The cellar"\n---\n# The cellar\n\nIt floods in spring.\n'
    status, refused = await library.call("DELETE", f"/api/knowledge/{found[0]['id']}")
    assert status == 409
    assert "would come again" in refused["error"]
    assert (await library.get("/api/knowledge/K-99"))[0] == 404


async def test_only_what_changed_is_read_again(library: Service, tmp_path: Path) -> None:
    books = tmp_path / "books"
    _, before = await library.get("/api/knowledge")
    library.clock.advance(timedelta(minutes=20))
    (books / "house" / "sofa.md").unlink()
    (books / "cellar.md").write_text("# The cellar\n\nIt is dry now.\n")
    (books / "bad.md").write_text("---\nkind: page\n---\nOnce.\n")
    _, now = await library.post("/api/knowledge/refresh", {})
    assert (now[0]["entries"], now[0]["broken"]) == (3, {})
    _, after = await library.get("/api/knowledge")
    changed = {e["path"]: e["changed_at"] for e in before}
    assert {e["path"]: e["changed_at"] == changed.get(e["path"]) for e in after} == {
        "bad.md": False,
        "cellar.md": False,
        "house/door.md": True,
    }
    (books / "cellar.md").write_text("---\nkind: tale\n---\nBroken now.\n")
    await settled(library)
    _, found = await library.get("/api/knowledge/search?words=dry")
    assert [hit["path"] for hit in found] == ["cellar.md"], "a file that broke keeps what it last said"


def git(folder: Path, *words: str) -> str:
    who = {f"GIT_{role}_{part}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout.strip()


async def test_a_repository_is_kept_fresh_and_cited_by_its_commit(tmp_path: Path, clock: SteppedClock, monkeypatch: Any) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    wiki = tmp_path / "wiki"
    (wiki / "runbooks").mkdir(parents=True)
    (wiki / "runbooks" / "door.md").write_text(DOOR)
    (wiki / "other.md").write_text("# Elsewhere\n\ntext\n")
    git(wiki, "init", "-q", "-b", "main")
    git(wiki, "add", ".")
    git(wiki, "commit", "-q", "-m", "one")
    source = {"name": "wiki", "url": f"file://{wiki}", "branch": "main", "path": "runbooks", "every": "10m"}
    monkeypatch.setenv("HOOK", "h" * 32)
    tools = {"docs": {"repositories": {"wiki": {"url": f"file://{wiki}"}}}}
    async with running(tmp_path, clock, knowledge=[source], hooks=[{"kind": "git", "bearer": "env:HOOK"}], tools=tools) as service:
        await settled(service)
        _, entries = await service.get("/api/knowledge")
        assert [(e["path"], e["commit"], e["tainted"]) for e in entries] == [("runbooks/door.md", git(wiki, "rev-parse", "HEAD"), True)]
        (wiki / "runbooks" / "roof.md").write_text("# The roof\n\nIt leaks.\n")
        git(wiki, "add", ".")
        git(wiki, "commit", "-q", "-m", "two")
        clock.advance(timedelta(minutes=11))
        async with asyncio.timeout(30):
            while len((await service.get("/api/knowledge"))[1]) < 2:
                await asyncio.sleep(0.02)
        _, entries = await service.get("/api/knowledge")
        assert {e["commit"] for e in entries} == {git(wiki, "rev-parse", "HEAD")}
        (wiki / "runbooks" / "well.md").write_text("# The well\n\nIt is dry.\n")
        docs = next(toolset for toolset in service.stead.toolsets if toolset.name == "docs")
        estate = next(iter(service.stead.estates.values()))
        (wiki / "runbooks" / "barn.md").write_text("# The barn\n\nIt stands.\n")
        (wiki / "AGENTS.md").write_text("Runbooks are in English.\n")
        git(wiki, "add", ".")
        git(wiki, "commit", "-q", "-m", "three")
        assert "barn.md" not in (await look(estate, docs, "docs_list")).text
        repository = {"full_name": str(wiki).strip("/"), "default_branch": "main"}
        push = {"ref": "refs/heads/main", "after": git(wiki, "rev-parse", "HEAD"), "repository": repository}
        assert await service.post("/hooks/git", push, token="h" * 32) == (202, {"heard": 1})
        async with asyncio.timeout(30):  # and no time passes
            while len((await service.get("/api/knowledge"))[1]) < 6:
                await asyncio.sleep(0.02)
        _, entries = await service.get("/api/knowledge")
        notes = [(e["source"], e["commit"]) for e in entries if e["path"] == "AGENTS.md"]
        head = git(wiki, "rev-parse", "HEAD")
        assert notes == [("docs/wiki", head), ("wiki", head)], "the owner's notes, also beside the path, and where only tools read"
        assert {e["path"] for e in entries if e["source"] == "docs/wiki"} == {"AGENTS.md"}
        assert "barn.md" in (await look(estate, docs, "docs_list")).text, "what the tools of a model read is renewed, too"
        wiki.rename(tmp_path / "gone")
        _, now = await service.post("/api/knowledge/refresh", {})
        assert now[0]["trouble"]
        assert now[0]["entries"] == 5, "what was known stays"


def test_a_file_can_be_checked_without_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sofa.md").write_text(SOFA)
    (tmp_path / "bad.md").write_text("---\nkind: edge-case\nstrategy: x\n---\nx\n")
    assert run(["knowledge", "check", str(tmp_path / "sofa.md")]) == 0
    said = "Edge case, Moving day (fits checks door_open; reasons Open; names house, shown with every such incident)"
    assert said in capsys.readouterr().out
    assert run(["knowledge", "check", str(tmp_path / "bad.md")]) == 2
    assert "says nothing of when it fits" in capsys.readouterr().err


def searches(body: Json) -> Answer:
    """Asks for the toolset, searches in it, reads what it found, and concludes by it."""
    said = [message for message in body["messages"] if message["role"] == "tool"]
    asked: list[tuple[str, Json]] = [
        ("more_tools", {"toolset": "knowledge"}),
        ("knowledge_search", {"words": "cellar"}),
        ("knowledge_read", {"id": "K-1"}),
    ]
    if len(said) < len(asked):
        return Answer(calls=[asked[len(said)]])
    claims = [{"claim": "the runbook says so", "by": ["K-2"]}, {"claim": "so does the search", "by": ["E2"]}]
    at_fault = {"kind": "Host", "name": "house"}
    return Answer(calls=[("conclude", {"cause": "Open.", "at_fault": at_fault, "confidence": "high", "evidence": claims})])


@pytest.fixture
async def reader(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Service, ModelServer]]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    books = tmp_path / "books"
    books.mkdir()
    for name, text in (("a.md", "# The cellar\n\nIt floods in spring.\n"), ("door.md", DOOR), ("sofa.md", SOFA)):
        (books / name).write_text(text)
    async with model_server(searches) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        async with running(tmp_path, clock, models=[model], knowledge=[{"name": "books", "folder": str(books)}], policy=NOBODY) as service:
            await settled(service)
            yield service, server


NOBODY = {"version": 1, "rules": [{"id": "never", "verdict": "deny", "when": {"verb": "close_door"}}]}


async def test_an_investigation_is_told_what_fits_and_may_look_for_more(reader: tuple[Service, ModelServer]) -> None:
    service, server = reader
    service.door.write_text("wide open\n")
    await service.happens("incident.opened")
    await service.post("/api/incidents/1/investigation", {})
    async with asyncio.timeout(60):
        while not (run := (await service.get("/api/runs/R-1"))[1]).get("ending"):
            if await service.stead.quiescent():
                service.clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0.02)
    opening = str(server.requests[0]["messages"][1]["content"])
    assert "K-3 Edge case, Moving day (books: sofa.md)" in opening
    assert "Leave it open until the evening." in opening
    assert opening.index("K-3 Edge case") < opening.index("K-2 Runbook")
    assert "knowledge_search" not in str(server.requests[0]["tools"]), "asked for, like documentation"
    results = [str(message["content"]) for message in server.requests[-1]["messages"] if message["role"] == "tool"]
    assert "K-1 Page, The cellar (books: a.md)" in results[1]
    assert "It floods in spring." in results[2]
    assert [claim["by"] for claim in run["conclusion"]["evidence"]] == [["K-2"], ["E2"]], "what was told is evidence"
    assert run["tainted"], "as documents are"
