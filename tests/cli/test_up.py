"""`stead up` as a process: it says where it listens, stops when told, and tells why it cannot start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stead.app.discover import shelves

STEAD = str(Path(sys.executable).with_name("stead"))
STOPS_WITHIN = 5.0


class Up:
    """`stead up` in a home of its own, watching the machine with no check switched on."""

    def __init__(self, home: Path, *options: str) -> None:
        (home / "run").mkdir(exist_ok=True)
        (home / "stead.yaml").write_text(
            "version: 1\nserver: {bind: '127.0.0.1:0'}\nestates:\n- {kind: host, id: node-3}\n"
            f"checks: {{disabled: [{', '.join(shelves().host_checks)}]}}\n"
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STEAD", "XDG", "KUBE"))}
        self.env = kept | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "PYTHONWARNINGS": "error"}
        self.home = home
        self.process = subprocess.Popen(
            [STEAD, "up", *options], cwd=home, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def url(self) -> str:
        """Where it says that it listens; fails with what it said instead."""
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.search(r"listens on (http://\S+)", first)
        assert found is not None, (first, self.process.communicate()[1])
        return found[1]

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([STEAD, *words], cwd=self.home, env=self.env, capture_output=True, text=True, check=False)

    def end(self) -> tuple[int, str]:
        """(exit code, stderr) once it has ended."""
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, err


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path)
    yield up
    if up.process.poll() is None:
        up.process.kill()
    up.process.communicate()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_this_users_commands_and_stops_in_time(started: Up, told: signal.Signals) -> None:
    url = started.url()
    status = started.types("status", "--url", url)
    assert (status.returncode, status.stdout.split()[0], status.stderr) == (0, "green", "")
    began = time.monotonic()
    started.process.send_signal(told)
    code, err = started.end()
    assert (code, time.monotonic() - began < STOPS_WITHIN) == (0, True)
    assert "Traceback" not in err
    assert not list((started.home / "run").rglob("*.token"))
    assert started.types("status", "--url", url).returncode == 4


def test_one_process_owns_a_state_folder_and_kill_9_frees_it(started: Up, tmp_path: Path) -> None:
    started.url()
    second = Up(tmp_path)
    code, err = second.end()
    assert (code, err.splitlines()[-2].startswith("error: another Stead (process ")) == (5, True)
    started.process.kill()
    started.end()
    third = Up(tmp_path)
    third.url()
    third.process.terminate()
    assert third.end()[0] == 0


def test_a_second_signal_hurries(started: Up) -> None:
    url = started.url()
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(b"POST /api/approvals/1/decision HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
        started.process.terminate()
        assert started.process.stderr is not None
        for line in started.process.stderr:
            if "once more ends it at once" in line:
                break
        started.process.terminate()
        started.end()
    assert started.process.returncode in (0, 130)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--bind", "192.0.2.1:80"), "error: 192.0.2.1 is not an address of this machine"),
        (("--bind", "0.0.0.0:0"), "error: server.bind 0.0.0.0:0 is beyond loopback, and there is no token"),
        (("--state", "/proc/nowhere"), "error: the state folder /proc/nowhere cannot be"),
    ],
)
def test_why_it_cannot_start_is_one_sentence(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    code, err = Up(tmp_path, *options).end()
    sentences = [line for line in err.splitlines() if line.startswith(("error:", "hint:", "Traceback"))]
    assert (code, len(sentences), sentences[0].startswith(said)) == (2, 2, True), err


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        code, err = Up(tmp_path, "--bind", bind).end()
    assert (code, err.splitlines()[0]) == (2, f"error: another program listens on {bind}")
