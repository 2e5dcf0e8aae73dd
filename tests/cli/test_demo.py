"""`stead demo`, as a new user runs it: the command itself, from its first line to its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

STEAD = (sys.executable, "-m", "stead.cli.main")


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": "", "KUBECONFIG": ""}
    return subprocess.run([*STEAD, *arguments], capture_output=True, text=True, timeout=120, env=environment, cwd=home)


def test_it_plays_to_the_end_and_leaves_what_was_asked_for(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ended = run("demo", "--speed", "0", "--keep", str(kept), home=tmp_path)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    for number in range(1, 6):
        assert f"== {number}. " in ended.stdout
    assert "Tokens sent to a model: 0." in ended.stdout
    assert (kept / "cluster" / "admin.kubeconfig").exists() and (kept / "state" / "stead.db").exists()


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")

    ended = run("demo", "--keep", str(tmp_path / "full"), home=tmp_path)

    assert ended.returncode == 2
    assert "is not empty" in ended.stderr and "Traceback" not in ended.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        ended = run("demo", "--keep", place, home=tmp_path)
        assert (ended.returncode, ended.stderr.splitlines()[0].partition(": ")[2]) == (
            2,
            f"the folder {place} cannot be made: {'file exists' if place == 'file' else 'not a directory'}",
        )
