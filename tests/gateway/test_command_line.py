"""The commands as a person types them, against a running service."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from stead.cli.run import run
from stead.store.tokens import Scope


class Terminal:
    """Types commands with the service's address in the environment; `out` and `err` are what the last one said."""

    def __init__(self, service: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.service, self.capsys, self.out, self.err = service, capsys, "", ""

    async def types(self, line: str) -> int:
        words = [*line.split(), "--url", self.service.gateway.url]
        self.capsys.readouterr()
        code = await asyncio.get_running_loop().run_in_executor(None, run, words)
        self.out, self.err = self.capsys.readouterr()
        return code


async def test_an_evening_at_the_terminal(open_door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(open_door, capsys)
    assert await terminal.types("status") == 0
    assert terminal.out.splitlines()[0].startswith("amber  stead ")
    assert "approvals: 1 pending" in terminal.out

    assert await terminal.types("incidents") == 0
    header, row = terminal.out.splitlines()
    assert (header.split(), row.split()[0]) == (["ID", "SEVERITY", "WHAT", "STATE", "SINCE"], "I-1")

    assert await terminal.types("show i-1") == 0
    assert "the door: wide open" in terminal.out
    assert "$ cat door" in terminal.out
    assert "close_door Host house  awaiting_approval (needs_approval by rule ask)" in terminal.out

    assert await terminal.types("approvals") == 0
    assert "close_door Host house" in terminal.out

    assert await terminal.types("approve A-1 --reason rain") == 0
    assert terminal.out == "A-1 approved: close_door Host house (I-1)\n"

    assert await terminal.types("deny A-1") == 5
    assert (terminal.out, terminal.err.splitlines()[0]) == ("", "error: approval A-1 is approved already by token:cli; nothing was changed")

    assert await terminal.types("approve A-9") == 1
    assert terminal.err.splitlines()[0] == "error: there is no approval A-9"

    assert await terminal.types("show I-1") == 0
    assert "approved by token:cli: rain" in terminal.out


async def test_json_is_what_the_api_says(open_door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(open_door, capsys)
    for command, path in (("incidents", "/api/incidents"), ("show 1", "/api/incidents/1"), ("approvals --all", "/api/approvals?all=1")):
        assert await terminal.types(f"{command} -o json") == 0
        assert json.loads(terminal.out) == (await open_door.get(path))[1]


async def test_nothing_is_said_on_stdout_when_there_is_nothing(listening: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(listening, capsys)
    assert await terminal.types("incidents") == 0
    assert (terminal.out, terminal.err) == ("", "No open incident.\n")


async def test_refusals_have_one_sentence_and_their_code(listening: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(listening, capsys)
    reader = await listening.token("reader", Scope.READ)
    past = await listening.token("past", Scope.READ, lasts=timedelta(0))
    for line, code, said in (
        ("show I-9", 1, "there is no incident I-9"),
        ("show nine", 2, "`nine` is not a number like I-41"),
        (f"approve A-9 --token {reader}", 5, "the token `reader` does not have the scope `approve`"),
        (f"incidents --token {past}", 5, "the token `past` has expired"),
        ("incidents --token stead_wrong", 5, "this token is not known here"),
    ):
        assert (await terminal.types(line), terminal.out, terminal.err.splitlines()[0]) == (code, "", f"error: {said}")


async def test_what_a_cluster_says_cannot_command_the_terminal(service: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service.door.write_text("open\x1b]0;owned\x07\x1b[2J\u202e‮\n")
    await service.happens("incident.opened")
    terminal = Terminal(service, capsys)
    assert await terminal.types("show I-1") == 0
    assert "owned" in terminal.out
    assert not {"\x1b", "\x07", "\u202e"} & set(terminal.out)
