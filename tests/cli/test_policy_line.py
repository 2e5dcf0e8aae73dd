"""`stead policy explain --command`: what a line of shell is, told and not run."""

from __future__ import annotations

import json

import pytest

from stead.cli.run import run


def asked(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(["policy", "explain", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_read_is_allowed_and_each_part_of_it_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = asked("--command", "kubectl get pods -A | grep -v Running", capsys=capsys)
    assert code == 0
    assert said.startswith("allow: read: ")
    assert "grep -v Running" in said


def test_the_strictest_part_decides(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = asked("--command", "uptime && sudo rm -rf /srv > x", "-o", "json", capsys=capsys)
    told = json.loads(said)
    assert (code, told["class"], told["decision"], told["rules"]) == (1, "write", "deny", ["redirection", "rm"])
    assert [(part["text"], part["class"]) for part in told["parts"]] == [("uptime", "read"), ("sudo rm -rf /srv", "write")]
    assert [reason["class"] for reason in told["lineReasons"]] == ["write"]


@pytest.mark.parametrize("line", ["ls 'x", "ls $(", "((", "\x1b[2J", "frob --x", "ls " * 3000])
def test_what_cannot_be_read_is_unknown_and_no_error(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = asked("--command", line, capsys=capsys)
    assert code == 1
    assert said.startswith("deny: unknown: ")
    assert "\x1b" not in said


@pytest.mark.parametrize("words", [[], ["--command", ""], ["--command", " \n"], ["restart_rollout", "x", "--command", "ls"]])
def test_one_of_the_two_is_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = asked(*words, capsys=capsys)
    assert code == 2
    assert said.count("error: ") == 1
