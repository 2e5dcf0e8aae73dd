"""A service to measure: `stead up`, as a person would start it, watching the practice cluster of the demo in a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STEAD = str(Path(sys.executable).parent / "stead")
PATIENCE = 60.0
"""Seconds that a start may take before the bench gives up."""

CONFIGURATION = """\
version: 1
server: {bind: "127.0.0.1:0"}
estates:
  - {kind: kubernetes, id: practice, kubeconfig: kubeconfig}
"""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs. `started` is when it was started, on the monotonic clock in seconds; `what` says what it watches."""

    pid: int
    url: str
    environment: Mapping[str, str]
    started: float
    what: str


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Service]:
    """A practice cluster and a service on it, with all that they write inside `folder`; both end with the block."""
    (folder / "run").mkdir(mode=0o700)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), "LC_ALL": "C.UTF-8"}
    with _child(
        [sys.executable, "-m", "bench.cluster", str(folder)], {**environment, "PYTHONPATH": str(Path.cwd())}, folder / "cluster.log"
    ) as cluster:
        what = _wait_for(cluster, folder / "cluster.log", r"^ready: (.+)$")
        (folder / "stead.yaml").write_text(CONFIGURATION, encoding="utf-8")
        started = time.monotonic()
        up = [STEAD, "up", "--config", str(folder / "stead.yaml"), "--state", str(folder / "state")]
        with _child(up, environment, folder / "stead.log") as stead:
            url = _wait_for(stead, folder / "stead.log", r"listens on (http://\S+)")
            yield Service(stead.pid, url, environment, started, what)


@contextlib.contextmanager
def _child(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as out,
        subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    """What the process says in its log by `pattern`. RuntimeError when it ends, or PATIENCE does, before that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(pattern, log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE):
            return found.group(1)
        time.sleep(0.05)
    raise RuntimeError(f"it did not start: {log.read_text(encoding='utf-8', errors='replace').strip()[-2000:]}")
