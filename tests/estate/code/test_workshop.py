"""A change of a repository as Git has it: made from exact edits, judged as it came out, pushed as one branch of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.estate.code.conftest import DEPLOYMENT, Remote

from stead.clocks import SteppedClock
from stead.domain.code.edits import edits_of
from stead.domain.code.scope import Scope, refusal
from stead.domain.errors import PermanentError
from stead.domain.redaction import redact
from stead.estate.code.workshop import Change, Workshop

API = "apps/api/deployment.yaml"


async def made(workshop: Workshop, *changes: dict[str, Any]) -> Change:
    return await workshop.make(await workshop.base(), edits_of(list(changes)))


async def test_a_value_is_set_and_nothing_else_differs(workshop: Workshop) -> None:
    place = "spec.template.spec.containers[name=api].resources.limits.memory"
    change = await made(workshop, {"path": API, "set": place, "to": "128Mi"})
    (entry,) = change.entries
    assert (entry.path, entry.added, entry.removed) == (API, ("            memory: 128Mi  # measured in spring",), 1)
    assert "-            memory: 64Mi  # measured in spring\n+            memory: 128Mi  # measured in spring\n" in change.diff
    assert refusal(change.entries, Scope(allowed=("apps/**",)), redact) == ""


async def test_several_edits_of_one_file_and_new_and_deleted_files(workshop: Workshop) -> None:
    change = await made(
        workshop,
        {"path": API, "set": "spec.replicas", "to": 3},
        {"path": API, "find": "# The shop's API.", "replace": "# The API of the shop."},
        {"path": "docs/api.md", "write": "# API\n"},
        {"path": "README.md", "delete": True},
    )
    assert [entry.path for entry in change.entries] == ["README.md", API, "docs/api.md"]
    again = await workshop.make(change.base, edits_of([{"path": "README.md", "delete": True}]))
    assert again.digest != change.digest


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"path": "nothing.yaml", "find": "a", "replace": "b"}, "there is no file nothing.yaml"),
    ({"path": "passwords", "find": "root", "replace": "me"}, "link"),
    ({"path": "passwords", "write": "me"}, "link"),
    ({"path": "elsewhere/new", "write": "me"}, "elsewhere is a link"),
    ({"path": "README.md/new", "write": "me"}, "README.md is a file"),
    ({"path": "apps", "write": "me"}, "folder"),
    ({"path": "logo.png", "find": "P", "replace": "Q"}, "no text"),
    ({"path": API, "set": "spec.template.spec.containers[name=web].image", "to": "x"}, "no place"),
    ({"path": "README.md", "set": "a.b", "to": 1}, "no place|no YAML"),
    ({"path": ".git/config", "write": "[core]"}, "cannot stand|never"),
    ({"path": "../outside", "write": "me"}, "no path inside"),
]


async def test_what_does_not_fit_is_refused_in_words(workshop: Workshop) -> None:
    base = await workshop.base()
    for change, said in UNFIT:
        with pytest.raises(ValueError, match=said):
            await workshop.make(base, edits_of([change]))


async def test_a_program_stays_one_and_what_comes_out_is_what_is_judged(workshop: Workshop) -> None:
    change = await made(workshop, {"path": "run.sh", "find": "true", "replace": "false"})
    assert refusal(change.entries, Scope(), redact) == ""
    change = await made(workshop, {"path": ".github/workflows/ci.yaml", "write": "on: push\n"})
    assert "denied" in refusal(change.entries, Scope(), redact)


async def test_a_branch_of_its_own_is_pushed_and_the_base_stays(remote: Remote, workshop: Workshop, clock: SteppedClock) -> None:
    change = await made(workshop, {"path": API, "set": "spec.replicas", "to": 3})
    before = remote.git("rev-parse", "main", at=remote.folder)
    commit = await workshop.commit_of(change, "More replicas\n\nStead-Action: 1.1.1.1\n", clock.now())
    await workshop.push(commit, "stead/1.1.1.1")
    await workshop.push(commit, "stead/1.1.1.1")  # the same again changes nothing
    assert remote.branches() == ["main", "stead/1.1.1.1"]
    assert remote.show("stead/1.1.1.1", API) == DEPLOYMENT.replace("replicas: 2", "replicas: 3").strip()
    assert remote.git("rev-parse", "main", at=remote.folder) == before
    assert "Stead-Action: 1.1.1.1" in remote.git("log", "-1", "--format=%B", "stead/1.1.1.1", at=remote.folder)
    assert await workshop.branch("stead/1.1.1.1") == commit
    assert await workshop.branch("stead/nothing") == ""
    assert await workshop.fetch_branch("stead/1.1.1.1") == change.tree


async def test_neither_the_base_nor_by_force(remote: Remote, workshop: Workshop, clock: SteppedClock) -> None:
    change = await made(workshop, {"path": API, "set": "spec.replicas", "to": 3})
    commit = await workshop.commit_of(change, "one", clock.now())
    for branch in ("main", "other"):
        with pytest.raises(PermanentError, match="no branch of Stead's own"):
            await workshop.push(commit, branch)
    await workshop.push(commit, "stead/1")
    other = await workshop.commit_of(await made(workshop, {"path": API, "set": "spec.replicas", "to": 4}), "two", clock.now())
    with pytest.raises(PermanentError, match="refused the branch"):
        await workshop.push(other, "stead/1")
    assert remote.git("rev-parse", "stead/1", at=remote.folder) == commit


async def test_a_base_that_moved_on_is_still_there_to_build_on(remote: Remote, workshop: Workshop) -> None:
    edits = edits_of([{"path": API, "set": "spec.replicas", "to": 3}])
    first = await workshop.make(await workshop.base(), edits)
    remote.write("README.md", "# Infra, moved on\n")
    assert await workshop.base() != first.base
    assert await workshop.make(first.base, edits) == first


async def test_files_are_written_out_without_links(workshop: Workshop, tmp_path: Path) -> None:
    change = await made(workshop, {"path": API, "set": "spec.replicas", "to": 3})
    folder = tmp_path / "out"
    folder.mkdir()
    await workshop.checked_out(change.tree, folder)
    assert "replicas: 3" in (folder / API).read_text()
    assert not (folder / "passwords").is_symlink()
    assert (folder / "passwords").read_text() == "/etc/passwd"
