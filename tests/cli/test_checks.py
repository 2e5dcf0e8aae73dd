"""`stead checks`: which there are, and what each means, as people and programs read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stead.app.discover import shelves
from stead.cli.run import run

OWN = '''"""A check of one's own."""

from stead.declare import check
from stead.estate.kubernetes.slices import Node


@check(watches=[Node])
def too_hot(node, view, now):
    """A node says that it is too hot."""
'''


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEAD_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def test_every_check_is_listed_with_its_kinds_and_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "list", "-o", "json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    found = shelves()
    assert set(listed) == {*found.checks, *found.host_checks}
    assert (listed["pv_released"]["class"], listed["pv_released"]["of"]) == ("hygiene", ["PersistentVolume"])
    assert run(["checks", "list"]) == 0
    assert "A node reports MemoryPressure" in capsys.readouterr().out


def test_a_page_is_shown_as_a_person_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "explain", "job_failed"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("job_failed (looks at Job)\n\nA Job has given up.\n")
    assert "    $ kubectl -n payments logs job/import-1" in shown
    assert "  - a suspended Job" in shown
    assert shown.endswith("Documented in docs/checks/job_failed.md\n")


def test_a_page_is_data_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "explain", "node_pressure", "-o", "json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert [row["reason"] for row in page["reasons"]] == ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"]
    assert (page["schemaVersion"], page["documented"]) == (1, "docs/checks/node_pressure.md")


@pytest.mark.parametrize(
    ("wrong", "hint"), [("pod-stuck", "pod_stuck_terminating"), ("jub_failed", "job_failed"), ("xyzzy", "stead checks list")]
)
def test_a_name_that_is_none_is_answered_with_the_nearest(wrong: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "explain", wrong]) == 2
    said = capsys.readouterr().err
    assert f"there is no check `{wrong}`" in said
    assert hint in said


def test_a_check_of_ones_own_is_explained_by_its_docstring_or_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "too_hot.py").write_text(OWN)
    (tmp_path / "stead.yaml").write_text(f"version: 1\nchecks:\n  folders: [{folder}]\n")
    assert run(["checks", "explain", "too_hot"]) == 0
    assert capsys.readouterr().out == "too_hot (looks at Node)\n\nA node says that it is too hot.\n"
    (folder / "docs").mkdir()
    (folder / "docs" / "too_hot.md").write_text("# too_hot\n\nIt is hot.\n\n## What to do\n\nOpen a window.\n")
    assert run(["checks", "explain", "too_hot"]) == 0
    assert "Open a window." in capsys.readouterr().out
