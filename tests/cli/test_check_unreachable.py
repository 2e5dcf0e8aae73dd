"""`stead check` against a server that is not there: one sentence on stderr, exit 3, and JSON that is JSON all the same."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from stead.cli.run import run


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kubeconfig whose server refuses connections: a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    config = {
        "current-context": "home",
        "clusters": [{"name": "home", "cluster": {"server": address}}],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "contexts": [{"name": "home", "context": {"cluster": "home", "user": "me"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return address


@pytest.mark.parametrize("output", ["table", "json"])
def test_it_says_what_where_and_what_next(nowhere: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-o", output]) == 3
    said = capsys.readouterr()
    assert said.err.count("error:") == 1
    assert nowhere in said.err
    assert "refused" in said.err
    assert "hint: `stead doctor`" in said.err
    if output == "json":
        assert [finding["state"] for finding in json.loads(said.out)["blind"]] == ["blind"]
