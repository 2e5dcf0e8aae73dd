"""Scripts as context: run in the sandbox, told as evidence, and refused a sight of what is not theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from stead.clocks import SteppedClock
from stead.domain.redaction import redact
from stead.domain.run import Seen, ToolCall
from stead.engine.toolbox import Toolbox
from stead.testing.scripted import ScriptedEstate
from stead.tools.packs import PacksSettings, packs


async def said(folder: Path, clock: SteppedClock, script: str) -> Seen:
    path = folder / "box" / "backups.sh"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    settings = PacksSettings.model_validate({"scripts": {"backups": {"path": str(path)}}})
    toolbox = Toolbox.of(ScriptedEstate("home", clock), [packs.open(settings, clock, folder)], redact, "n", 12_000)
    return await toolbox.look(ToolCall(id="c", tool="pack_backups", arguments="{}"), "E1", {})


async def test_what_it_says_is_evidence_and_tainted(tmp_path: Path, clock: SteppedClock) -> None:
    seen = await said(tmp_path, clock, 'echo "last: 03:00"; echo "password=hunter2secret"')
    assert (seen.failed, seen.tainted, seen.text) == (False, True, "last: 03:00\npassword=[redacted]")
    assert seen.command.endswith("backups.sh")


async def test_how_it_failed_is_told(tmp_path: Path, clock: SteppedClock) -> None:
    assert (await said(tmp_path, clock, "echo no disk >&2; exit 3")).text == "no disk\nexit code 3"


async def test_it_sees_its_own_folder_and_no_secret(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEAD_TOKEN", "very-secret")
    (tmp_path / "token").write_text("very-secret")
    seen = await said(tmp_path, clock, f"ls; cat {tmp_path / 'token'} 2>&1; env; touch here 2>&1")
    assert "backups.sh" in seen.text and "very-secret" not in seen.text
    assert not (tmp_path / "box" / "here").exists()


def test_a_name_is_a_word() -> None:
    with pytest.raises(ValidationError, match="no lower-case word"):
        PacksSettings.model_validate({"scripts": {"my backups": {"path": "/x"}}})
