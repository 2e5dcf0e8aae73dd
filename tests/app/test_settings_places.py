"""Where the configuration and the state folder are looked for, and what is watched when nobody says."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.config import Loaded, load
from stead.domain.errors import UserError


def write(path: Path, port: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"server: {{bind: '127.0.0.1:{port}'}}\n")
    return path


def port(loaded: Loaded) -> int:
    return loaded.settings.server.port


def test_the_nearest_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    env = {"HOME": str(tmp_path)}
    assert load(environ=env).file is None
    write(tmp_path / ".config/stead/stead.yaml", 4)
    assert port(load(environ=env)) == 4
    write(tmp_path / "here/stead.yaml", 3)
    assert port(load(environ=env)) == 3
    env["STEAD_CONFIG"] = str(write(tmp_path / "named.yaml", 2))
    assert port(load(environ=env)) == 2
    assert port(load(write(tmp_path / "option.yaml", 1), environ=env)) == 1
    assert load(bind="127.0.0.1:5", environ=env).settings.server.port == 5


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone.yaml cannot be read: no such file"):
        load(tmp_path / "gone.yaml", environ={"HOME": str(tmp_path)})
    with pytest.raises(UserError, match="is not UTF-8"):
        (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
        load(tmp_path / "bytes.yaml", environ={"HOME": str(tmp_path)})
    with pytest.raises(UserError, match="is larger than"):
        (tmp_path / "large.yaml").write_bytes(b"#" * 1_000_001)
        load(tmp_path / "large.yaml", environ={"HOME": str(tmp_path)})


def test_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"HOME": "/home/ops"}
    assert load(environ=env).folder == Path("/home/ops/.local/state/stead")
    env["XDG_STATE_HOME"] = "/state"
    assert load(environ=env).folder == Path("/state/stead")
    env["STATE_DIRECTORY"] = "/var/lib/stead:/var/lib/other"
    assert load(environ=env).folder == Path("/var/lib/stead")
    (tmp_path / "stead.yaml").write_text("store: {folder: own}\n")
    assert load(environ=env).settings.store.folder == Path("own")
    assert load(state=Path("/given"), environ=env).folder == Path("/given")


def test_without_estates_the_kubeconfigs_current_context_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"HOME": str(tmp_path)}
    assert load(environ=env).settings.estates == ()
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text("{}")
    assert [estate.id for estate in load(environ=env).settings.estates] == ["cluster"]
    assert load(environ=env | {"KUBECONFIG": str(tmp_path / "gone")}).settings.estates == ()
    (tmp_path / "stead.yaml").write_text("estates: [{kind: host, id: node-3}]\n")
    assert [estate.id for estate in load(environ=env).settings.estates] == ["node-3"]


@pytest.mark.parametrize("bind", ["8642", "localhost", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "127.0.0.1:-1", "a.example.com:80"])
def test_a_bind_that_is_none_is_refused(tmp_path: Path, bind: str) -> None:
    with pytest.raises(UserError, match="--bind"):
        load(bind=bind, environ={"HOME": str(tmp_path)})


def test_without_a_channel_the_terminal_is_told(tmp_path: Path) -> None:
    """A service that tells nobody would be no service."""
    assert [(channel.name, channel.kind) for channel in load(environ={"HOME": str(tmp_path)}).settings.channels] == [
        ("terminal", "terminal")
    ]
    named = write_text(tmp_path / "stead.yaml", "channels: [{name: chat, kind: webhook, url: 'http://127.0.0.1', secret: 'env:X'}]")
    assert [channel.name for channel in load(named, environ={"HOME": str(tmp_path)}).settings.channels] == ["chat"]


def write_text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
