"""`make` and its scripts: what a newcomer meets first, and what CI runs."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*argv: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False)


def test_make_alone_lists_every_target() -> None:
    listed = run("make", "-s").stdout
    targets = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == targets.group(1).split()


def test_ci_runs_make_test_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert lines == ["make test"]


def test_the_lock_is_hashed_complete_and_holds_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert not re.search(r"^-", lock, re.MULTILINE)
    entries = {
        match.group(1): match.group(0)
        for match in re.finditer(r"^([a-z0-9-]+)==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", lock, re.MULTILINE)
    }
    assert len(entries) == len(set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    asked += [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    names = {re.split(r"[\[<>=]", each)[0].replace(".", "-").lower() for each in asked}
    assert names - entries.keys() == set()


def test_a_python_that_does_not_fit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "requirements.lock", "scripts/setup"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    done = run("bash", "scripts/setup", cwd=tmp_path, PYTHON="/bin/false")
    assert done.returncode == 1
    assert done.stderr.startswith("error: PYTHON=/bin/false is not a Python 3.11 or newer\nhint: ")
    assert not (tmp_path / ".venv").exists()


def test_a_system_package_that_is_there_is_left_alone() -> None:
    done = run("scripts/system-package", "coreutils", "command", "-v", "ls")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_system_package_that_cannot_be_installed_ends_in_one_command(tmp_path: Path) -> None:
    """Without apt-get in PATH nobody can install anything, root or not."""
    done = run("/bin/bash", str(ROOT / "scripts/system-package"), "kubernetes-client", "false", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "kubernetes-client is missing" in done.stderr
    assert "hint: run `" in done.stderr


def test_stages_stop_at_the_first_failure_and_are_summed_up() -> None:
    done = run("scripts/test", "true", "false", "true")
    assert done.returncode == 1
    assert re.findall(r"^  (\w+) +[\d.]+ s(  FAILED)?", done.stdout, re.MULTILINE) == [("true", ""), ("false", "  FAILED")]
    assert "Failed in false" in done.stderr
