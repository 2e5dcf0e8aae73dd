"""Runs of models, by the commands and the API: asked for, listed, shown step by step, and refused where they cannot be."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from stead.cli.run import run
from stead.store.tokens import Scope


async def types(service: Any, capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, str, str]:
    words = [*line.split(), "--url", service.gateway.url]
    capsys.readouterr()
    code = await asyncio.get_running_loop().run_in_executor(None, run, words)
    return code, *capsys.readouterr()


async def test_a_person_asks_for_one_and_reads_every_step(thinking: Any, capsys: pytest.CaptureFixture[str]) -> None:
    thinking.door.write_text("wide open\n")
    await thinking.happens("approval.asked")
    nothing = (0, "", "No model was asked yet.\n")
    assert await types(thinking, capsys, "runs list") == nothing, "a playbook has spoken: nobody else is asked"

    code, out, _ = await types(thinking, capsys, "investigate I-1")
    assert (code, out) == (0, "R-1 investigates; `stead runs show R-1` tells how far it is\n")
    begun = await thinking.happens("run.step")
    await thinking.happens("run.step", after=begun["seq"])

    code, out, _ = await types(thinking, capsys, "runs list")
    header, row, _, spent = out.splitlines()
    assert re.fullmatch(r"(\d+ tokens, 0\.\d{4}) this day; \1 this month", spent)
    assert header.split() == ["ID", "ABOUT", "ENDED", "CAUSE", "TOKENS", "MONEY"]
    assert row.startswith("R-1  I-1    concluded  Somebody left the door open.")

    code, out, _ = await types(thinking, capsys, "runs show r-1")
    assert "investigator on I-1, episode 1, asked for by token:cli: concluded" in out
    assert "  practice answers: " in out and "wants conclude" in out
    assert "F1 the door: wide open" in out
    assert "Concluded, confidence high: Somebody left the door open." in out
    assert "struck, never collected: the wind did it [E1]" in out

    _, whole = await thinking.get("/api/runs/R-1")
    assert (whole["ending"], whole["calls"], whole["conclusion"]["struck"][0]["by"]) == ("concluded", 1, ["E1"])
    assert whole["money"] == pytest.approx((2 * whole["tokens_in"] + 8 * whole["tokens_out"]) / 1e6)
    code, out, _ = await types(thinking, capsys, "status")
    assert f"models: {whole['tokens']} tokens" in out
    _, spending = await thinking.get("/api/spending")
    assert [(row["agent"], row["tokens"]) for row in spending["agents"]] == [("investigator", whole["tokens"])]
    _, incident = await thinking.get("/api/incidents/1")
    assert incident["state"] == "awaiting_approval", "what was asked before is still asked"
    said = [event["data"]["said"] for event in incident["events"] if event["name"] == "run.step"]
    assert said[0] == "R-1 begins to investigate" and said[-1].endswith("Somebody left the door open.")


async def test_what_cannot_be_investigated_is_refused(thinking: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = await types(thinking, capsys, "investigate I-7")
    assert (code, err.splitlines()[0]) == (1, "error: there is no incident I-7")
    code, _, err = await types(thinking, capsys, "runs show R-7")
    assert (code, err.splitlines()[0]) == (1, "error: there is no run R-7")
    code, _, err = await types(thinking, capsys, "runs show seven")
    assert code == 2 and err.splitlines() == ["error: `seven` is not a number like R-41", "hint: `stead runs list` lists the open ones"]


async def test_without_a_model_it_is_said_so(open_door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = await types(open_door, capsys, "investigate I-1")
    assert code == 5
    assert err == "error: no model is configured: nobody can investigate\nhint: add `models:` to stead.yaml\n"


async def test_reading_is_not_asking(thinking: Any) -> None:
    reader = await thinking.token("reader", Scope.READ)
    assert (await thinking.get("/api/runs", token=reader))[0] == 200
    assert (await thinking.post("/api/incidents/1/investigation", {}, token=reader))[0] == 403
    assert (await thinking.get("/api/runs", token=None))[0] == 401
    assert json.dumps((await thinking.get("/api/openapi.json"))[1]["paths"]["/api/runs/{number}"])
