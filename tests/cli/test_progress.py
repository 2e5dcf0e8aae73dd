"""A dump that takes long to read says how far it has come, to a person at a terminal and to nobody else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from stead.testing.objects import node, pod

STEAD = str(Path(sys.executable).parent / "stead")
PODS = 3_000
"""Enough YAML to be told of more than once."""


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dump") / "pods.yaml"
    file.write_text("".join(f"---\n{json.dumps(one)}\n" for one in (node(), *(pod(f"api-7c9f-{n}") for n in range(PODS)))))
    return file


def _on_a_terminal(*argv: str, term: str) -> tuple[str, str]:
    """What a command says on stdout, and on a stderr that is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=its, text=True, env={**os.environ, "TERM": term}) as process:
        os.close(its)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:
            pass  # how Linux says that the other side of a terminal is closed
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(ours)
    return out, said.decode()


def test_a_person_sees_how_far_it_has_come_and_the_line_goes_away(dump: Path) -> None:
    out, told = _on_a_terminal(STEAD, "check", "--from", str(dump), term="xterm")
    assert f"reading {dump}:" in told
    assert told.count("%") >= 2
    assert told.endswith("\r\x1b[K")
    assert "%" not in out


def test_a_dumb_terminal_is_spared(dump: Path) -> None:
    assert _on_a_terminal(STEAD, "check", "--from", str(dump), term="dumb")[1] == ""
