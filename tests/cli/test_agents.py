"""`stead agents`: which there are, what each may have, a new one that passes, and what is wrong with one, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stead.app.config import load
from stead.app.config_check import check
from stead.cli.run import run
from stead.domain.errors import UserError


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEAD_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def typed(capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, str, str]:
    code = run(line.split())
    return code, *capsys.readouterr()


def test_they_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "agents list")
    assert code == 0 and "reviewer" in out and "Looks for what will break next" in out
    code, out, _ = typed(capsys, "agents show companion")
    assert code == 0 and "never has: shell, vault, web" in out and "You are the companion of Stead." in out
    listed = json.loads(typed(capsys, "agents list -o json")[1])
    assert [one["slug"] for one in listed][:2] == ["code-fixer", "companion"]
    assert json.loads(typed(capsys, "agents show tutor -o json")[1])["toolsets"]["forbidden"] == ["shell", "vault", "gitea"]
    code, _, err = typed(capsys, "agents show turor")
    assert (code, err) == (1, "error: there is no agent `turor`\nhint: did you mean `tutor`?\n")


def test_a_new_one_passes_and_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = typed(capsys, "agents new night-watch")
    assert code == 2 and err.splitlines()[0] == "error: no folder of agents is configured"
    code, out, _ = typed(capsys, "agents new night-watch --folder own")
    assert code == 0 and "name `own` under `agents: folders:`" in out
    (tmp_path / "stead.yaml").write_text("agents: {folders: [own]}\n")
    assert typed(capsys, "agents new day-watch")[0] == 0
    code, out, _ = typed(capsys, "agents check")
    assert code == 0 and "night-watch: well, " in out and "day-watch: well, " in out and "tutor: well, " in out
    assert "night-watch" in typed(capsys, "agents list")[1]
    code, _, err = typed(capsys, "agents new night-watch")
    assert code == 2 and "exists, and is left as it is" in err
    code, _, err = typed(capsys, "agents new Night_Watch")
    assert code == 2 and err.endswith("hint: `stead agents new night-watch` would do\n")


def test_a_broken_one_is_told_and_stops_no_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stead.yaml").write_text("agents: {folders: [own]}\n")
    typed(capsys, "agents new night-watch")
    (tmp_path / "own/night-watch/soul.md").write_text("Hi.")
    code, out, _ = typed(capsys, "agents check")
    assert code == 1 and "soul.md says nearly nothing (write who the agent is" in out and "tutor: well" in out
    assert typed(capsys, "agents list")[0] == 0


def test_a_goal_that_there_is_not_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stead.yaml").write_text("agents: {folders: [own]}\n")
    typed(capsys, "agents new night-watch")
    manifest = tmp_path / "own/night-watch/soul.manifest.yaml"
    lines = [line for line in manifest.read_text().splitlines() if not line.startswith("goals:")]
    manifest.write_text("\n".join([*lines, "goals: [incident, tidying]", ""]))
    code, out, _ = typed(capsys, "agents check")
    assert code == 1 and "night-watch: it serves the goal `tidying`, which there is not\n" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agents:\n  folders: [nowhere]\n", "stead.yaml:2: the folder of agents nowhere cannot be read: no such file or directory"),
        ("agents:\n  tools:\n    turor: {enable: [web]}\n", "stead.yaml:3: there is no agent `turor`"),
        (
            "agents:\n  tools:\n    tutor: {enable: [shell]}\n",
            "stead.yaml:3: the agent `tutor` cannot have `shell`: its manifest forbids it",
        ),
        (
            "agents:\n  tools:\n    code-fixer: {disable: [kubernetes]}\n",
            "stead.yaml:3: the agent `code-fixer` cannot do without `kubernetes`: its manifest enforces it",
        ),
    ],
)
def test_the_configuration_is_checked_against_them(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "stead.yaml").write_text(text)
    with pytest.raises(UserError) as refused:
        check(load(Path("stead.yaml"), state=tmp_path))
    assert refused.value.what == said
