"""`stead new check`: what it writes already passes, and is as tidy as the house asks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stead.cli.run import run

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(sys.executable).parent
LONGEST = "a_name_of_just_the_forty_letters_allowed"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bones of a checkout: what the command looks for, and the house's own rules."""
    (tmp_path / "src/stead/checks/kubernetes").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.chdir(tmp_path / "src")
    return tmp_path


def tool(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([VENV / argv[0], *argv[1:]], cwd=cwd, capture_output=True, text=True, check=False)


def said_wrong(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["new", "check", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize("name", ["full", LONGEST])
def test_in_a_checkout_the_three_files_go_to_their_rooms(checkout: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "check", name]) == 0
    made = [f"src/stead/checks/kubernetes/{name}.py", f"tests/checks/kubernetes/test_{name}.py", f"docs/checks/{name}.md"]
    assert all((checkout / path).is_file() for path in made)
    assert str(checkout / made[1]) in capsys.readouterr().out
    assert (checkout / made[2]).read_text().startswith(f"# {name}\n")
    for rule in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = tool("ruff", *rule, "src", "tests", cwd=checkout)
        assert done.returncode == 0, done.stdout


def test_a_visitors_check_passes_its_own_test_and_its_folder_holds_only_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["new", "check", "volume_full", "--folder", "own"]) == 0
    assert "name `own` under `checks: folders:`" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "own").glob("*.py")] == ["volume_full.py"]
    done = tool("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "own/tests", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_nothing_that_exists_is_overwritten(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = checkout / "docs/checks/full.md"
    page.parent.mkdir(parents=True)
    page.write_text("mine")
    assert f"`{page}` exists" in said_wrong(capsys, "full")
    assert page.read_text() == "mine"
    assert not list(checkout.rglob("full.py"))


def test_all_three_files_or_none(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "docs").write_text("a file where the folder should be")
    assert "cannot be written" in said_wrong(capsys, "full")
    assert not list(checkout.rglob("*full.py"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("volumeFull", "stead new check volume_full"),
        ("../etc", "stead new check etc"),
        ("class", "choose"),
        ("9", "choose"),
        ("x" * 41, "new check"),
    ],
)
def test_a_name_that_cannot_be_one_is_a_sentence(checkout: Path, name: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_wrong(capsys, name)
    assert said.startswith(f"error: `{name}` cannot be the name of a check")
    assert meant in said


def test_outside_of_a_checkout_it_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert "--folder FOLDER" in said_wrong(capsys, "full")


def test_a_program_is_written_ready_to_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stead.yaml").write_text("checks: {folders: [own]}\n")
    assert run(["new", "check", "cellar_dry", "--executable", "--folder", "own"]) == 0
    assert run(["check", "--estate", "own-checks"]) == 0
    (tmp_path / "own" / "trouble").touch()
    assert run(["check", "--estate", "own-checks"]) == 1
    assert "CELLAR DRY WARNING" in capsys.readouterr().out
    assert "exists, and is left as it is" in said_wrong(capsys, "cellar_dry", "--executable", "--folder", "own")
    assert "--folder ~/stead-checks" in said_wrong(capsys, "cellar_dry", "--executable")
