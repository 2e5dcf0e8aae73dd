"""What the command line says and how it ends, without a service."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stead import __version__
from stead.cli.commands import COMMANDS
from stead.cli.run import run

STEAD = str(Path(sys.executable).with_name("stead"))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own: nothing of the machine's user is read or written."""
    for name in ("KUBECONFIG", "STEAD_CONFIG", "STEAD_URL", "STEAD_TOKEN", "STEAD_DEBUG", "STATE_DIRECTORY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, list[str]]:
    out, err = capsys.readouterr()
    return out, err.splitlines()


@contextmanager
def server(answer: bytes, status: int = 200) -> Iterator[str]:
    """Something on loopback that answers everything so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{found.server_port}"
        finally:
            found.shutdown()
            thread.join()


def test_the_version_is_told_before_anything_is_imported() -> None:
    done = subprocess.run(
        [STEAD, "--version"], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}
    )
    assert done.stdout == f"stead {__version__}\n"
    assert not [
        name for name in ("typer", "dataclasses", "pydantic", "typing", "asyncio") if f"| {name}\n" in done.stderr.replace("|   ", "| ")
    ]


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("statsu", "there is no command `statsu`", "did you mean `status`?"),
        ("frobnicate", "there is no command `frobnicate`", "stead --help lists the commands"),
        ("token ad", "no such command 'ad'", "did you mean `add`?"),
        ("show", "missing argument 'ID'", "stead show --help shows how"),
        ("show 1 2", "got unexpected extra argument(s) (2)", "stead show --help shows how"),
        ("show --frob", "no such option: --frob", "stead show --help shows how"),
        ("show A-1", "`A-1` is not a number like I-41", "`stead incidents` lists the open ones"),
        ("approve I-1", "`I-1` is not a number like A-41", "`stead approvals` lists the open ones"),
        ("status -o yaml", "invalid value for '--output' / '-o': 'yaml' is not one of 'table', 'json'", "stead status --help shows how"),
        ("status --url foo", "`foo` is not the address of a service", "write it like http://127.0.0.1:8642"),
        ("status --url ftp://example.com", "`ftp://example.com` is not the address of a service", "write it like http://127.0.0.1:8642"),
        ("status --url http://[::1", "`http://[::1` is not the address of a service", "write it like http://127.0.0.1:8642"),
        ("status --url http://a:99999", "`http://a:99999` is not the address of a service", "write it like http://127.0.0.1:8642"),
        ("status --token ä", "the token has characters that no token has", "copy it again: stead_… in one line"),
        ("config check --config gone.yaml", "gone.yaml cannot be read: no such file or directory", "check the path and who may read it"),
        ("token add Me", "`Me` is not a name for a token", "lower-case letters, digits and . : @ _ -, at most 63"),
        ("token add me --scopes root", "`root` is not a scope", "one or more of read, approve, admin, with commas"),
        ("token add me --expires soon", "--expires soon is not a duration", "write 500ms, 3s, 30m, 1h30m or 7d"),
        ("token add me --expires 0s", "--expires 0s is not between now and a hundred years", "write 30d"),
        (
            "up",
            "there is nothing to watch: no kubeconfig, and no configuration that names an estate",
            "set KUBECONFIG, or list `estates:` in stead.yaml (`stead config schema` describes it)",
        ),
    ],
)
def test_wrong_usage_costs_one_sentence_and_exit_2(line: str, what: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    assert said(capsys) == ("", [f"error: {what}", f"hint: {hint}"])


def test_a_service_that_is_not_there_is_exit_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--url", "http://127.0.0.1:1"]) == 4
    _, (what, hint) = said(capsys)
    assert what == "error: the service at http://127.0.0.1:1 does not answer: connection refused"
    assert hint == "hint: start it with `stead up`, or name another with --url"


@pytest.mark.parametrize(
    ("answer", "status"), [(b"<html>", 200), (b"", 200), (b"[]", 500), (b'{"detail": "x"}', 404), (b"[" * 200_000, 200)]
)
def test_something_else_on_that_port_is_exit_4(answer: bytes, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with server(answer, status) as url:
        assert run(["incidents", "--url", url]) == 4
    _, (what, hint) = said(capsys)
    assert "not as Stead does" in what
    assert hint == "hint: is --url right?"


def test_tokens_are_made_listed_and_ended_without_a_service(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["token", "add", "phone", "--scopes", "read,approve", "--expires", "30d"]) == 0
    plain, _ = said(capsys)
    assert run(["token", "list", "-o", "json"]) == 0
    listed = json.loads(said(capsys)[0])
    assert [(t["name"], t["scopes"], t["used_at"]) for t in listed] == [("phone", ["approve", "read"], None)]
    assert plain.strip().rpartition("_")[2] not in str(listed)
    assert (tmp_path / "state/stead").stat().st_mode & 0o077 == 0
    assert run(["token", "add", "phone"]) == 1
    assert run(["token", "revoke", "phone"]) == 0
    assert run(["token", "revoke", "phone"]) == 1
    assert said(capsys)[1][-2:] == ["error: there is no token `phone`", "hint: stead token list shows them"]
    assert run(["token", "list"]) == 0
    assert said(capsys) == ("", ["No token yet: stead token add NAME."])


def test_a_state_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["token", "list", "--state", str(tmp_path / "file/state")]) == 2
    assert said(capsys)[1][0] == f"error: the state folder {tmp_path}/file/state cannot be made: not a directory"


def test_the_configuration_is_checked_and_shown_without_its_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """
version: 1
estates:
- {kind: host, id: node-3}
channels:
- {name: ops, kind: webhook, url: 'https://example.com/hook', secret: 'env:OPS'}
"""
    (tmp_path / "stead.yaml").write_text(text)
    assert run(["config", "check"]) == 0
    out, _ = said(capsys)
    assert "estates: node-3 (host)" in out
    assert "channels: ops (webhook)" in out
    assert run(["config", "show"]) == 0
    shown, _ = said(capsys)
    assert "secret: env:OPS" in shown
    assert "approval_expires: 30m" in shown
    (tmp_path / "again.yaml").write_text(shown)
    assert run(["config", "show", "--config", "again.yaml"]) == 0
    assert said(capsys)[0] == shown


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("channels:\n- name: ops\n  kind: webhok\n", "stead.yaml:3: there is no channel of the kind `webhok`"),
        ("channels:\n- name: ops\n  kind: webhook\n  secret: hunter2\n  url: https://example.com\n", "stead.yaml:4: `channels[0].secret`"),
        (
            "channels:\n- name: ops\n  kind: webhook\n  secret: env:X\n  url: https://example.com\n  urll: x\n",
            "stead.yaml:6: unknown key `channels[0].urll`",
        ),
        ("checks:\n  disabled:\n  - disk\n  - memory_presure\n", "stead.yaml:4: there is no check `memory_presure`"),
        (
            "policy:\n  version: 1\n  rules:\n  - id: a\n    verdict: alow\n    when: {verb: delete_pod}\n",
            "stead.yaml:5: `rules[0].verdict` is not `allow`, `needs_approval` or `deny`",
        ),
    ],
)
def test_mistakes_in_what_others_own_have_their_line_too(text: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stead.yaml").write_text(text)
    assert run(["config", "check"]) == 2
    _, err = said(capsys)
    assert err[0].startswith(f"error: {what}")
    assert "hunter2" not in str(err)


def test_the_schemas_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    assert "estates" in json.loads(said(capsys)[0])["properties"]
    assert run(["config", "schema", "policy"]) == 0
    assert "rules" in json.loads(said(capsys)[0])["properties"]


def test_the_unexpected_costs_one_sentence_and_leaves_its_details_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("stead.cli.client.Client.of", lambda *_: 1 / 0)
    assert run(["status"]) == 1
    _, (what, hint) = said(capsys)
    assert what == "error: something unexpected happened (ZeroDivisionError)"
    details = Path(hint.removeprefix("hint: the details are in ").partition(";")[0])
    assert "ZeroDivisionError" in details.read_text()
    assert details.stat().st_mode & 0o077 == 0


def test_a_reader_that_goes_away_and_an_interrupt_are_quiet() -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{STEAD}' config schema | true; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


@pytest.mark.parametrize("command", ["--version", "config schema", "--help"])
def test_an_answer_that_cannot_be_written_is_no_success_and_no_traceback(command: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([STEAD, *command.split()], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert command == "--version" or done.stderr.startswith("error: the answer could not be written: no space left on device")


def test_without_a_stdout_the_exit_code_still_tells() -> None:
    shell = ["sh", "-c", f"exec {STEAD} config check >&-"]
    assert subprocess.run(shell, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_learn_the_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_STEAD_COMPLETE" in said(capsys)[0]


def test_bash_completes_commands_options_and_groups() -> None:
    def complete(*words: str) -> set[str]:
        env = os.environ | {"_STEAD_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return set(subprocess.run([STEAD], capture_output=True, text=True, check=False, env=env).stdout.split())

    assert complete("stead", "inc") == {"incidents"}
    assert complete("stead", "token", "re") == {"revoke"}
    assert "--reason" in complete("stead", "approve", "--re")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out, _ = said(capsys)
    assert all(f"\n  {name} " in out for name in COMMANDS)


def test_a_day_that_is_none_is_refused_whether_or_not_the_service_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--day", "2026-13-01", "--url", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.splitlines()[0].endswith("`2026-13-01` is not a day")
