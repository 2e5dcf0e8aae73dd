"""Acknowledging an incident and looking after the outbox, as a person types it, against a running service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.gateway.test_command_line import Terminal

from stead.store.tokens import Scope


async def test_somebody_takes_it_and_looks_after_the_outbox(open_door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(open_door, capsys)
    assert await terminal.types("ack I-1") == 0
    assert terminal.out == "token:cli looks after I-1 since 2026-01-05 09:00 UTC\n"
    assert await terminal.types("ack I-1 -o json") == 0
    assert json.loads(terminal.out)["by"] == "token:cli"
    assert await terminal.types("why I-1") == 0
    assert "token:cli acknowledged it: it is escalated and repeated no more" in terminal.out
    reader = await open_door.token("reader", Scope.READ)
    for line, said in (
        ("outbox retry D-99", "there is no message D-99"),
        ("outbox drop x", "`x` is not a number like D-41"),
        (f"ack I-1 --token {reader}", "scope"),
    ):
        assert await terminal.types(line) != 0
        assert said in terminal.err
    assert await terminal.types("away list") == 0
    assert terminal.err == "Nobody is away.\n"
    assert await terminal.types("away set nobody --for 1h") != 0
    assert "there is no receiver `nobody`" in terminal.err
    assert await terminal.types("away back nobody") != 0
    assert "`nobody` is not away" in terminal.err
    assert await terminal.types("outbox list --all -o json") == 0
    assert json.loads(terminal.out) == []
