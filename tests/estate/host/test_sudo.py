"""Commands by sudo: only those that are named, and a refusal is blindness."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stead.domain.errors import BlindError
from stead.estate.host.commands import LocalCommands
from stead.estate.host.sudo import SudoCommands

SUDO = """#!/bin/sh
[ "$1 $2" = "-n --" ] || exit 9
shift 2
case "$1" in
    smartctl) echo "as root: $*" ;;
    zpool) echo "sudo: a password is required" >&2; exit 1 ;;
    *) echo "sudo: $1: command not found" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SudoCommands:
    (tmp_path / "sudo").write_text(SUDO)
    (tmp_path / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return SudoCommands(LocalCommands(), ["smartctl", "zpool", "btrfs"])


async def test_what_is_named_is_run_as_root_and_nothing_else(commands: SudoCommands) -> None:
    assert (await commands.run(["smartctl", "--scan", "a b"], 10)).stdout == "as root: smartctl --scan a b\n"
    assert (await commands.run(["echo", "smartctl"], 10)).stdout == "smartctl\n"


async def test_a_refusal_is_blind_and_a_missing_program_is_missing(commands: SudoCommands) -> None:
    with pytest.raises(BlindError, match="does not let this user run `zpool`") as caught:
        await commands.run(["zpool", "status"], 10)
    assert caught.value.reason == "Forbidden"
    assert (await commands.run(["btrfs", "device"], 10)).code == 127


async def test_a_host_without_sudo_is_not_one_without_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BlindError, match="has no `sudo`"):
        await SudoCommands(LocalCommands(), ["smartctl"]).run(["smartctl", "--scan"], 10)
