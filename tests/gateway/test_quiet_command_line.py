"""Silences, choices and reasons as a person types them, against a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.test_command_line import Terminal

from stead.store.tokens import Scope


async def test_an_evening_of_quiet(open_door: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(open_door, capsys)
    assert await terminal.types("silence list") == 0
    assert (terminal.out, terminal.err) == ("", "Nothing is silenced.\n")

    assert await terminal.types("silence add check=door_open kind=~Ho.* --for 2h --comment guests") == 0
    assert terminal.out == 'S-1: silent from now until 2026-01-05 11:00 UTC: check="door_open", kind=~"Ho.*"\n'
    assert await terminal.types("silence list") == 0
    assert [part in terminal.out for part in ("S-1", "active", "token:cli", "guests")] == [True] * 4

    assert await terminal.types("incidents") == 0
    assert "awaiting_approval, muted" in terminal.out
    assert await terminal.types("why I-1") == 0
    assert "muted by silence S-1 until 2026-01-05 11:00 UTC: guests (token:cli)" in terminal.out
    assert "visitor" not in terminal.out
    assert "shut_door proposed close_door on Host house, because it is open: it needs a person's yes, by rule ask" in terminal.out

    assert await terminal.types("why-not house") == 0
    assert "it is known as I-1, and says nothing because of silence S-1, guests (token:cli)" in terminal.out

    assert await terminal.types("show I-1 --graph") == 0
    assert terminal.out.splitlines()[-1] == "Host house: the front door is open"
    picture = tmp_path / "door.svg"
    assert await terminal.types(f"show I-1 --svg {picture}") == 0
    assert picture.read_text().startswith("<svg ")

    assert await terminal.types("silence expire S-1") == 0
    assert terminal.out == 'S-1 has ended: check="door_open", kind=~"Ho.*"\n'
    assert await terminal.types("silence list --all -o json") == 0
    assert [silence["state"] for silence in json.loads(terminal.out)] == ["expired"]


async def test_a_choice_for_what_is_broken(open_door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(open_door, capsys)
    assert await terminal.types("adopt") == 0
    assert (terminal.out, terminal.err) == ("", "Nothing waits for a choice.\n")
    assert await terminal.types("adopt I-1 --known-until 30d --reason draughty") == 0
    assert terminal.out == "I-1 is known until 2026-02-04: Host house: the front door is open\n"
    assert await terminal.types("adopt I-1 --ignore --reason old -o json") == 0
    assert json.loads(terminal.out)[0]["muted"][0]["why"].endswith("(token:cli)")


async def test_what_cannot_be_is_one_sentence_and_its_code(listening: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(listening, capsys)
    reader = await listening.token("reader", Scope.READ)
    for line, code, said in (
        ("silence add namespace=dev", 2, "a silence needs one of --for, --until and --no-end"),
        ("silence add nmespace=dev --no-end", 2, "`nmespace=dev` names the label `nmespace`, which no finding has"),
        ("silence add namespace --no-end", 2, "`namespace` has no =, !=, =~ or !~ after `namespace`"),
        ("silence add namespace=dev --for soon", 2, "`for` is not a duration; write 500ms, 3s, 30m, 1h30m or 7d"),
        ("silence add namespace=dev --until never", 2, "`never` is not a date and time"),
        (f"silence add namespace=dev --no-end --token {reader}", 5, "the token `reader` does not have the scope `approve`"),
        ("silence expire x", 2, "`x` is not a number like S-41"),
        ("adopt I-1", 2, "no choice is given"),
        ("adopt I-1 --known-until tomorrow", 2, "`tomorrow` is no while and no date"),
        ("adopt I-1 --known-until 2026-13-45", 2, "`2026-13-45` is no while and no date"),
        ("adopt --fix", 2, "a choice is for some incidents or for --all"),
        ("adopt I-1 --fix --ignore", 2, "choose one of --fix, --known-until and --ignore"),
        ("why I-9", 1, "there is no incident I-9"),
        ("show I-9 --graph", 1, "there is no incident I-9"),
        ("why-not a/b/c/d", 2, "`a/b/c/d` names nothing"),
    ):
        assert (await terminal.types(line), terminal.out, terminal.err.splitlines()[0]) == (code, "", f"error: {said}"), line
