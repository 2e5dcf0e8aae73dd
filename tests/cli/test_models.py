"""`stead models`, as a person runs it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from stead.practice.model_server import Answer, Json, model_server


async def stead(folder: Path, *words: str, **environ: str) -> tuple[int, str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "ANTHROPIC", "OLLAMA", "STEAD"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "stead.cli.main", *words),
        cwd=folder,
        env={**clean, "HOME": str(folder), **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def ready(_: Json) -> Answer:
    return Answer(calls=[("ready", {"word": "yes"})])


def configured(folder: Path, *urls: str) -> None:
    rows = [{"name": f"m{n}", "kind": "openai", "model": "practice", "base_url": url} for n, url in enumerate(urls, start=1)]
    (folder / "stead.yaml").write_text(json.dumps({"models": rows}))


async def test_each_is_asked_and_the_second_steps_in(tmp_path: Path) -> None:
    async with model_server(ready) as one, model_server(ready) as two:
        configured(tmp_path, one.url, two.url)
        code, out, err = await stead(tmp_path, "models", "test", "-o", "json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert [row["why"] for row in told["models"]] == ["", ""]
    assert all(row["cold"] > 0 and row["warm"] > 0 and row["tokens"] > 0 for row in told["models"])
    assert told["drill"] == {"said": "with m1 away, m2 answered", "passed": True}
    assert (len(one.requests), len(two.requests)) == (2, 3)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(text="yes"), "it answers, and does not call tools: it cannot investigate"),
        (Answer(fail=401), "it does not accept the key (401)"),
    ],
    ids=["no tools", "wrong key"],
)
async def test_what_is_wrong_with_one_is_said(tmp_path: Path, answer: Answer, why: str) -> None:
    async with model_server(lambda _: answer) as server:
        configured(tmp_path, server.url)
        code, out, _ = await stead(tmp_path, "models", "test")
    assert code == 1
    assert why in out


async def test_none_is_no_fault_until_it_is_to_be_tested(tmp_path: Path) -> None:
    assert await stead(tmp_path, "models", "list") == (0, "", "No model is configured: checks and playbooks work without one.\n")
    code, out, err = await stead(tmp_path, "models", "test")
    assert (code, out) == (2, "")
    assert err == "error: no model is configured\nhint: add `models:` to stead.yaml, or set STEAD_MODEL=KIND:MODEL\n"
