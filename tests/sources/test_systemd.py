"""Failures of units: reported by a command, kept while nobody listens, heard once."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import running

from stead.app import spool
from stead.cli.run import run
from stead.clocks import SteppedClock
from stead.domain.alert import Alert
from stead.domain.errors import MalformedError, StorageError
from stead.sources.systemd import systemd

UNIT_FILE = Path(__file__).parents[2] / "deploy" / "systemd" / "stead-failure@.service"
READ = systemd.open(systemd.settings())
REPORT = {"id": "r1", "unit": "backup.service", "host": "house", "facts": {"Result": "exit-code", "ExecMainStatus": "3"}, "log": "no space"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose systemd says what a failed unit's does; its state folder."""
    (tmp_path / "bin").mkdir()
    for name, says in (("systemctl", "Result=exit-code\nExecMainStatus=3\nInvocationID=abc123"), ("journalctl", "no space left")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


def test_a_report_says_which_unit_failed_how_and_with_which_words() -> None:
    (alert,) = READ(json.dumps(REPORT).encode(), {})
    assert (alert.key, alert.name, alert.summary) == ("r1", "UnitFailed", "backup.service has failed on house (exit-code, exit code 3)")
    assert alert.labels == {"name": "backup.service", "instance": "house"}
    assert alert.said["its last words"] == "no space"
    for wrong in (b"", b"[]", b'{"id": "r1"}', b'{"id": 1, "unit": "x", "host": "y"}'):
        with pytest.raises(MalformedError):
            READ(wrong, {})


def test_a_failure_waits_in_the_state_folder_while_nobody_listens(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["failure", "backup.service", "--state", str(machine)]) == 0
    assert run(["failure", "backup.service", "--state", str(machine), "--url", "http://127.0.0.1:1", "--token", "stead_x"]) == 0
    assert "it waits in" in capsys.readouterr().err
    one, other = spool.waiting(machine / spool.FOLDER)
    (alert,) = READ(one.read_bytes(), {})
    assert alert.said["Result"] == "exit-code"
    assert alert.said["its last words"] == "no space left"
    assert one.name != other.name
    assert run(["failure", "--", "-x"]) == 2


async def follows(folder: Path, clock: SteppedClock, hear: Callable[[Alert], Awaitable[None]], until: Callable[[], bool]) -> None:
    """The spool is looked at until it is so."""
    task = asyncio.create_task(spool.follow(folder, clock, hear))
    async with asyncio.timeout(30):
        while not until():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_report_leaves_only_once_it_is_stored_and_what_is_none_is_put_aside(tmp_path: Path, clock: SteppedClock) -> None:
    spool.put(tmp_path, "r1", json.dumps(REPORT).encode())
    (tmp_path / "odd.json").write_bytes(b"{")

    async def full(alert: Alert) -> None:
        raise StorageError("the disk is full")

    heard: list[str] = []

    async def hear(alert: Alert) -> None:
        heard.append(alert.key)

    await follows(tmp_path, clock, full, (tmp_path / "odd.bad").exists)
    assert [file.name for file in spool.waiting(tmp_path)] == ["r1.json"], "it waits for as long as it cannot be stored"
    await follows(tmp_path, clock, hear, lambda: not spool.waiting(tmp_path))
    assert heard == ["r1"]
    assert [file.name for file in tmp_path.iterdir()] == ["odd.bad"]


def test_the_spool_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST", 3)
    for number in range(5):
        spool.put(tmp_path, f"r{number}", b"{}")
    assert len(spool.waiting(tmp_path)) == 3


async def test_the_service_takes_up_what_was_spooled_before_and_while_it_runs_each_once(
    tmp_path: Path, clock: SteppedClock, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr(spool, "EVERY", timedelta(milliseconds=20))
    spool.put(machine / spool.FOLDER, "r1", json.dumps(REPORT).encode())
    async with running(tmp_path, clock) as service:
        opened = await service.happens("incident.opened")
        _, incident = await service.get(f"/api/incidents/{opened['incident']}")
        assert incident["findings"][0]["check"] == "systemd/UnitFailed"
        assert spool.waiting(machine / spool.FOLDER) == []
        clock.advance(timedelta(minutes=31))
        await service.happens("incident.closed")
        spool.put(machine / spool.FOLDER, "r1", json.dumps(REPORT).encode())
        async with asyncio.timeout(30):
            while spool.waiting(machine / spool.FOLDER):
                await asyncio.sleep(0.02)
        incidents: Any = (await service.get("/api/incidents?all=true"))[1]
        assert [one["state"] for one in incidents] == ["resolved"], "it was heard before"


def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "stead-failure@backup.service.service"
    unit.write_text(UNIT_FILE.read_text())
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    # It returns 0 for a key that it does not know.
    assert (done.returncode, done.stderr) == (0, "")
