"""`stead check` with a configuration: rules and checks of one's own count in a dump, too, and what is turned off does not run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stead.cli.run import run
from stead.testing.objects import NOW, Json, metadata, pod, waiting

RULES = """\
title: The shop
docs: ["https://example.com/docs"]
groups: {shop.example.com: [Widget]}
kinds:
  Widget:
    note: Wilted widgets.
    tests: [{reason: Wilted, when: {status.bloom: wilted}, says: has wilted}]
"""
CHECK = '''\
"""A pod without an owner label."""

from stead.declare import check
from stead.estate.kubernetes.slices import Pod


@check(watches=[Pod])
def pod_unowned(pod, view, now):
    """A pod that nobody owns up to."""
    if "owner" not in pod.metadata.labels:
        return view.finding(pod, reason="Unowned", summary=f"{pod.metadata.name} has no owner label")
    return None
'''
WIDGET: Json = {"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": metadata("web"), "status": {"bloom": "wilted"}}
IDLE: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": metadata("ghost"),
    "spec": {"podSelector": {"matchLabels": {"app": "ghost"}}},
}
CRASH = pod("worker-1", meta={"ownerReferences": []}, statuses=[waiting("CrashLoopBackOff", restartCount=7)])


class Home:
    """A folder with a dump, a configuration and a folder of checks."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        (folder / "checks").mkdir()
        (folder / "dump.json").write_text(json.dumps({"kind": "List", "items": [WIDGET, IDLE, CRASH]}))

    def configure(self, checks: str = "{folders: [./checks]}") -> str:
        (self.folder / "stead.yaml").write_text(f"version: 1\nchecks: {checks}\n")
        return str(self.folder / "stead.yaml")

    def add(self, name: str, text: str) -> None:
        (self.folder / "checks" / name).write_text(text)

    def check(self, *arguments: str) -> tuple[int, list[tuple[str, str]]]:
        code = run(["check", "-o", "json", "--now", NOW.isoformat(), "--from", str(self.folder / "dump.json"), *arguments])
        found: Any = json.loads(self._capsys.readouterr().out)
        return code, sorted((f["check"], f["reason"]) for f in found["findings"])


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Home:
    return Home(tmp_path, capsys)


CRASHES = ("container_crash", "CrashLooping")


def test_own_rules_and_own_checks_judge_a_dump(home: Home) -> None:
    home.add("shop.yaml", RULES)
    home.add("pod_unowned.py", CHECK)
    assert home.check() == (1, [CRASHES])
    assert home.check("--config", home.configure()) == (1, [CRASHES, ("custom_resource", "Wilted"), ("pod_unowned", "Unowned")])


def test_a_configuration_that_is_found_counts_without_being_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.add("shop.yaml", RULES)
    home.configure()
    monkeypatch.chdir(home.folder)
    assert home.check() == (1, [CRASHES, ("custom_resource", "Wilted")])


def test_what_is_disabled_does_not_run(home: Home) -> None:
    assert home.check("--config", home.configure("{disabled: [container_crash]}")) == (0, [])


def test_opinions_are_on_where_the_configuration_says_so(home: Home) -> None:
    without, said = (home.check("--config", home.configure(checks))[1] for checks in ("{}", "{hygiene: true}"))
    assert set(without) < set(said)
    assert home.check("--hygiene", "--config", home.configure("{}"))[1] == said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("shop.yaml", "title: x\n", "shop.yaml holds no rules for custom kinds"),
        ("broken.py", "import nothing_of_that_name\n", "nothing_of_that_name"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(home: Home, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str) -> None:
    home.add(name, text)
    assert run(["check", "--from", str(home.folder / "dump.json"), "--config", home.configure()]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_configuration_that_is_not_there_is_one_sentence(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--from", str(home.folder / "dump.json"), "--config", str(home.folder / "nowhere.yaml")]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
