"""`stead hooks`: which there are, and what one would make of a request, without a service."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from stead.cli.run import run

CONFIGURATION = """\
hooks:
- kind: alertmanager
  bearer: env:NOT_SET_HERE
- kind: generic
  name: mail
  hmac: env:NOT_SET_HERE
  map:
    name: title
    severity: level
    resolved: state == 'ok'
    summary: text
    subject: {kind: "'Unit'", name: unit, host: machine}
"""
SENT = {"title": "Queue is full", "level": "page", "state": "bad", "unit": "postfix.service", "machine": "post", "waiting": 2000}


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stead.yaml").write_text(CONFIGURATION)
    (tmp_path / "sent.json").write_text(json.dumps(SENT))
    return tmp_path


def test_each_hook_is_listed_with_its_address_and_how_it_knows_its_sender(configured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hooks", "list"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["alertmanager", "alertmanager", "/hooks/alertmanager", "bearer", "any"],
        ["mail", "generic", "/hooks/generic/mail", "signature", "any"],
    ]


def test_a_trial_says_what_would_become_of_each_thing_and_needs_no_secret(configured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hooks", "test", "mail", "sent.json"]) == 0
    said = capsys.readouterr().out
    assert "`mail` would take 1 thing from it." in said
    assert "mail/Queue is full, critical, firing: Queue is full on" in said
    assert "waiting: 2000" in said
    assert "not in what was sent: summary (text)" in said
    assert run(["hooks", "test", "mail", "sent.json", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["severity"] == "critical"


def test_a_trial_reads_a_pipe_and_says_why_something_would_be_refused(
    configured: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"version": "3"}')))
    assert run(["hooks", "test", "alertmanager", "-"]) == 1
    assert "`alertmanager` would refuse it: `version` is not 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["maill", "sent.json"], 1, "there is no hook `maill`"),
        (["mail", "nowhere.json"], 2, "nowhere.json cannot be read"),
        (["mail", "sent.json", "-H", "nothing"], 2, "is no header"),
    ],
)
def test_a_mistake_is_one_sentence(
    configured: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, what: str
) -> None:
    assert run(["hooks", "test", *arguments]) == code
    assert what in capsys.readouterr().err


def test_a_wrong_expression_is_told_with_its_line(configured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (configured / "stead.yaml").write_text(CONFIGURATION.replace("summary: text", "summary: text["))
    assert run(["config", "check"]) == 2
    said = capsys.readouterr().err
    assert "stead.yaml:11: `hooks[1].map.summary` is not a JMESPath expression" in said
