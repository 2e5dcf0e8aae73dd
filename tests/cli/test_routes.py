"""`stead routes` says where something would go, from the configuration alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stead.cli.run import run

CONFIG = """
channels:
  - {name: chat, kind: terminal}
  - {name: phone, kind: terminal}
receivers:
  - name: night
    channels: [phone, chat]
maintenance:
  - {name: always, matchers: [namespace=attic], comment: nobody lives there}
escalations:
  - name: night
    steps:
      - {after: 10m, receiver: phone}
      - {after: 5m, receivers: [night, chat]}
    rounds: 3
routes:
  receiver: chat
  routes:
    - matchers: ['severity="critical"']
      receiver: night
      group_wait: 0s
      continue: true
    - matchers: [source=alertmanager]
      group_interval: 10m
"""


@pytest.fixture
def config(tmp_path: Path) -> list[str]:
    file = tmp_path / "stead.yaml"
    file.write_text(CONFIG)
    return ["--config", str(file)]


def test_the_way_through_the_tree_is_told(config: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["routes", "test", "severity=critical", "source=alertmanager", *config]) == 0
    assert capsys.readouterr().out.splitlines()[:4] == [
        'everything → severity="critical"',
        "  night (phone, chat); first word after 0s, edits 1s apart",
        'everything → source="alertmanager"',
        "  chat; first word after 3s, edits 10m apart",
    ]
    assert run(["routes", "show", *config]) == 0
    assert [text.partition(":")[0] for text in capsys.readouterr().out.splitlines()] == [
        "everything",
        '  severity="critical"',
        '  source="alertmanager"',
    ]


def test_who_is_told_next_while_nobody_acknowledges_it_is_told(config: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    steps = "(night): phone after 10m, then night and chat after 5m, 3 times over"
    assert run(["routes", "test", "severity=critical", *config]) == 0
    assert f"while nobody acknowledges it {steps}" in capsys.readouterr().out.splitlines()
    assert run(["routes", "test", "severity=info", *config]) == 0
    assert f"while an approval of it waits and nobody acknowledges it {steps}" in capsys.readouterr().out.splitlines()
    assert run(["routes", "test", "about=policy", "severity=critical", *config]) == 0
    assert "acknowledges" not in capsys.readouterr().out


def test_what_keeps_it_silent_is_told(config: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["routes", "test", "namespace=attic", "severity=info", "-o", "json", *config]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["channels"] == ["chat"]
    assert found["muted"][0].startswith("maintenance always")
    assert found["inhibited"] == ['worse-is-told, while severity="critical" fires with the same estate, namespace, owner_kind, owner']


@pytest.mark.parametrize("label", ["severity", "severity=bad", "colour=red", "=x"])
def test_what_is_no_label_is_refused_in_one_sentence(config: list[str], label: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["routes", "test", label, *config]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ("routes: {receiver: nobody}", "routes: `nobody` is no receiver and no channel"),
        ("receivers: [{name: night, channels: [gone]}]", "receivers: `night` names the channel `gone`, which is none"),
        ("routes: {matchers: [severity=info]}", "`routes` matches everything, so it has no `matchers` and no `continue`"),
        ("routes: {receiver: terminal, receivers: [terminal]}", "`routes` has both `receiver` and `receivers`"),
        ("routes: {routes: [{matchers: [colour=red]}]}", "`routes.routes[0].matchers` names the label `colour`, which no finding has"),
    ],
)
def test_routes_that_cannot_be_are_refused_with_their_line(
    tmp_path: Path, more: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stead.yaml"
    file.write_text(more)
    assert run(["routes", "show", "--config", str(file)]) == 2
    assert f"stead.yaml:1: {wrong}" in capsys.readouterr().err
