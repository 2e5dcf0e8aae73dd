"""What a big estate costs: `python -m bench.scale [scan|watch]` alone, or its rows among those of `python -m bench`.

The API server is a practice cluster in a process of its own; each way of reading it is one, too.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import Row, table

RUNS = 3
MOST_CPU = 2.0
"""CPU of a full scan, in that of reading the same bytes."""
MOST_MEMORY = 120.0
"""MB that a scan may take over the idle process at its peak."""
MOST_GROWTH = 1.20
"""Wall clock of a scan with failing pods, in that of one without."""
MOST_QUESTIONS = 44
"""Requests about what fails, however much that is: 6 causes, 7 questions each, and which kinds those are about."""
MOST_LATENCY = 0.100
"""Seconds from a status change to its finding, p99."""
EVENTS, SPAN, EVERY = 500, 20.0, 0.25
"""Status changes a second, for how many seconds, and one fault in between every so many seconds."""


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[str]
    folder: Path

    def ask(self, line: str) -> str:
        """Send one line, and wait for the answer's last word: the cluster's time."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        assert self.process.stdout is not None
        said = self.process.stdout.readline().split()
        if not said:
            raise RuntimeError("the practice cluster has ended")
        return said[-1]


def rows(which: str = "scan watch") -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder, _serving(Path(folder)) as (server, now):
        return [*(_scanning(server, now) if "scan" in which else ()), *(_watching(server) if "watch" in which else ())]


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[tuple[Server, str]]:
    argv = [sys.executable, "-m", "bench.estate_server", str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        server = Server(process, folder)
        try:
            yield server, server.answer()
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _scanning(server: Server, now: str) -> list[Row]:
    idle = _median(server, "idle", now)
    rounds = [(_read(server, "bytes", now), _read(server, "scan", now)) for _ in range(RUNS)]
    plain, whole = _middle([one for one, _ in rounds]), _middle([one for _, one in rounds])
    ratio, over = whole["cpu"] / plain["cpu"], (whole["peak"] - idle["peak"]) / 1e6
    found = [
        Row(
            "scan",
            f"10,000 pods, {whole['bytes'] / 1e6:.0f} MB",
            f"cpu {whole['cpu']:.2f} s",
            f"cpu {plain['cpu']:.2f} s (aiohttp and msgspec)",
            ratio,
            f"≤ {MOST_CPU:.0f}×",
            ratio <= MOST_CPU,
        ),
        Row(
            "scan",
            "its memory over idle",
            f"{over:.0f} MB",
            f"{idle['peak'] / 1e6:.0f} MB (idle)",
            over / (idle["peak"] / 1e6),
            f"≤ {MOST_MEMORY:.0f} MB",
            over <= MOST_MEMORY,
        ),
    ]
    for failing in (100, 1_000):
        now = server.ask(f"break {failing}")
        sick = _median(server, "scan", now)
        growth = sick["wall"] / whole["wall"]
        found += [
            Row(
                "scan",
                f"{failing:,} pods crash: {sick['findings']} findings",
                f"{sick['wall']:.2f} s",
                f"{whole['wall']:.2f} s (none)",
                growth,
                f"< {MOST_GROWTH:.1f}×",
                growth < MOST_GROWTH,
            ),
            Row(
                "scan",
                f"{failing:,} pods crash: requests",
                f"{sick['requests']}",
                f"{whole['requests']} (none)",
                sick["requests"] / whole["requests"],
                f"≤ {MOST_QUESTIONS} more",
                sick["requests"] <= whole["requests"] + MOST_QUESTIONS,
            ),
        ]
    return found


def _watching(server: Server) -> list[Row]:
    argv = [sys.executable, "-m", "bench.estate_reader", "watch", str(server.folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        while "watching" not in (line := reader.stdout.readline()):
            if not line:
                raise RuntimeError("the watch has ended")
        assert server.process.stdin is not None
        assert server.process.stdout is not None
        server.process.stdin.write(f"churn {EVENTS} {SPAN:.0f} {EVERY}\n")
        server.process.stdin.flush()
        broke: dict[str, float] = {}
        while (words := server.process.stdout.readline().split()) and words[0] == "broke:":
            broke[words[1]] = float(words[2])
        made = float(words[1])
        server.answer()
        out, _ = reader.communicate(timeout=60)
    found = {words[1]: float(words[2]) for line in out.splitlines() if (words := line.split())[0] == "found:"}
    late = sorted(found[name] - at for name, at in broke.items() if name in found)
    p50, p99 = late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]
    whole = len(late) == len(broke)
    return [
        Row(
            "watch",
            f"change → finding, {made:.0f} events/s",
            f"p99 {p99 * 1000:.0f} ms ({len(late)} of {len(broke)})",
            f"p50 {p50 * 1000:.0f} ms",
            p99 / p50,
            f"p99 ≤ {MOST_LATENCY * 1000:.0f} ms",
            whole and p99 <= MOST_LATENCY and made >= EVENTS * 0.98,
        )
    ]


def _median(server: Server, way: str, now: str) -> dict[str, Any]:
    return _middle([_read(server, way, now) for _ in range(RUNS)])


def _middle(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The medians of wall, CPU and peak; the other figures are those of the last run."""
    middle = {key: statistics.median(one[key] for one in found) for key in ("wall", "cpu", "peak")}
    return {**found[-1], **middle}


def _read(server: Server, way: str, now: str) -> dict[str, Any]:
    argv = [sys.executable, "-m", "bench.estate_reader", way, str(server.folder), now]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    measured = rows(*sys.argv[1:2])
    print(table(measured))
    sys.exit(0 if all(row.kept for row in measured) else 1)
