"""A run is played again from its record, without a service, a model or a tool; and one that is under way is cancelled."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.test_runs import types

from stead.cli.run import run


@pytest.fixture
async def record(thinking: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """The record of a run that concluded, in a file."""
    thinking.door.write_text("wide open\n")
    await thinking.happens("approval.asked")
    await types(thinking, capsys, "investigate I-1")
    begun = await thinking.happens("run.step")
    await thinking.happens("run.step", after=begun["seq"])
    code, out, _ = await types(thinking, capsys, "runs show R-1 -o json")
    assert code == 0
    file = tmp_path / "run.json"
    file.write_text(out)
    return file


async def test_a_run_is_played_again(thinking: Any, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = await types(thinking, capsys, "runs replay R-1 --step")
    assert code == 0
    lines = out.splitlines()
    assert lines[1].startswith("── step 1 ──")
    assert lines[2].startswith("told 1 messages, ") and lines[3].startswith("  · stead: Goal: find the cause of incident I-1")
    assert any(text.startswith("model:1  ") and "practice answers: " in text for text in lines)
    assert "Concluded, confidence high: Somebody left the door open." in lines
    assert "  struck, never collected: the wind did it [E1]" in lines
    assert lines[-2].startswith("Ends, concluded, after 1 calls, ") and lines[-1] == "So it ended then (concluded)."


async def test_a_record_in_a_file_needs_no_service(thinking: Any, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await thinking.gateway.stop()
    asked = len((await thinking.stead.agent_run(1))["steps"])
    capsys.readouterr()
    words = ["runs", "replay", "--from", str(record), "-o", "json"]
    code = await asyncio.get_running_loop().run_in_executor(None, run, words)
    told = json.loads(capsys.readouterr().out)
    assert (code, told["ending"], told["recorded"], told["same"], told["steps"]) == (0, "concluded", "concluded", True, asked)
    assert told["conclusion"]["cause"] == "Somebody left the door open."


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda r: r["steps"].clear(), 1, "The record ends here, after 0 steps: concluded."),
        (lambda r: r["brief"]["budget"].update(calls=0), 1, "Then it ended otherwise: concluded."),
        (lambda r: r.update(ending="cancelled") or r["steps"].clear(), 0, "The record ends here, after 0 steps: cancelled."),
        (lambda r: r.update(ending=None) or r["steps"].clear(), 0, "The record ends here, after 0 steps: the run is under way."),
    ],
    ids=["lost steps", "another budget", "cancelled", "under way"],
)
async def test_another_end_is_told(record: Path, change: Any, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(record.read_text())
    change(told)
    record.write_text(json.dumps(told))
    found = await asyncio.get_running_loop().run_in_executor(None, run, ["runs", "replay", "--from", str(record)])
    assert (found, capsys.readouterr().out.splitlines()[-1]) == (code, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "this is no record of a run"),
        ("[1]", "this is no record of a run"),
        ("nothing", "run.json is no record of a run"),
        ('{"id": "R-1", "brief": null}', "R-1 has nothing to replay: it ended before it began"),
        ('{"id": "R-1", "brief": {"system": 1}, "steps": []}', "this is no record of a run"),
        (None, "run.json cannot be read: no such file or directory"),
    ],
)
def test_what_is_no_record_is_said(content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.json"
    if content is not None:
        file.write_text(content)
    assert run(["runs", "replay", "--from", str(file)]) == 2
    assert said in capsys.readouterr().err.splitlines()[0]
    assert run(["runs", "replay"]) == 2 and run(["runs", "replay", "R-1", "--from", str(file)]) == 2


async def test_a_run_that_has_ended_is_not_cancelled(thinking: Any, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = await types(thinking, capsys, "runs cancel R-1")
    assert (code, err.splitlines()[0]) == (5, "error: R-1 has ended already: concluded")
    assert (await types(thinking, capsys, "runs cancel R-7"))[0] == 1
