"""`python -m bench`: measure, say it, write docs/benchmarks.md. Exit 1 when a figure is not within its bound."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import dump, hooks, jobs, practice, scale, scenarios, storm, thinking
from bench.measure import Spent, in_turns, resident
from bench.report import Row, page, table
from bench.service import Service, running

ROOT = Path(__file__).resolve().parent.parent
STEAD = str(Path(sys.executable).parent / "stead")
BARE = [sys.executable, "-c", "pass"]

MOST_STARTS = 4.0
"""`stead --version`, in starts of a bare interpreter."""
MOST_STATUS = 0.250
"""Seconds for `stead status`."""
MOST_MEMORY = 150.0
"""MB (10⁶ bytes) that the service may hold."""
SETTLED = 60.0
"""Seconds after the start at which its memory is read."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default: %(default)s)")
    parser.add_argument("--settle", type=float, default=SETTLED, help="seconds before memory is read (default: %(default)s)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder, running(Path(folder)) as service:
        rows = [version(service, asked.runs), status(service, asked.runs), memory(service, asked.settle)]
        rows += thinking.rows(service, asked.runs)
    rows += [*dump.rows(), *scale.rows(), *storm.rows(), *hooks.rows(), *jobs.rows(), *practice.rows(), *scenarios.rows()]
    print(table(rows))
    notes = [
        f"{asked.runs} runs of each command after one that warms the caches; memory {asked.settle:.0f} s after the start.",
        service.what,
        "scan and watch: 10,000 pods of 190 Deployments in 50 namespaces on 100 nodes; "
        "the API server is a process of its own on the same two cores; medians of 3 processes.",
        "Storm, hooks and jobs: the whole service on SQLite, with a made-up estate and chat, in the process that counts; "
        "the sender of the alerts shares it, too.",
        "The practice cluster: 100 Deployments of 100 pods on 100 nodes, made by its controllers, until the last pod runs; one run.",
        "The scenarios: one pass over all of them, two at a time; what came of each stands in [the results](practice-results.md).",
    ]
    (ROOT / "docs/benchmarks.md").write_text(page(rows, notes), encoding="utf-8")
    return 0 if all(row.kept for row in rows) else 1


def version(service: Service, runs: int) -> Row:
    bare, ours = in_turns([BARE, [STEAD, "--version"]], runs=runs, env=service.environment)
    ratio = ours.wall / bare.wall
    return Row("start", "stead --version", both(ours), f"{both(bare)} (python)", ratio, f"≤ {MOST_STARTS:.0f}×", ratio <= MOST_STARTS)


def status(service: Service, runs: int) -> Row:
    bare, ours = in_turns([BARE, [STEAD, "status", "--url", service.url]], runs=runs, env=service.environment)
    kept = ours.wall <= MOST_STATUS
    return Row(
        "status", "stead status", both(ours), f"{both(bare)} (python)", ours.wall / bare.wall, f"≤ {MOST_STATUS * 1000:.0f} ms", kept
    )


def memory(service: Service, settle: float) -> Row:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bare:
        time.sleep(max(1.0, service.started + settle - time.monotonic()))
        ours, least = resident(service.pid) / 1e6, resident(bare.pid) / 1e6
        bare.communicate(b"\n")
    kept = ours <= MOST_MEMORY
    return Row("memory", "stead up", f"{ours:.0f} MB", f"{least:.0f} MB (python)", ours / least, f"≤ {MOST_MEMORY:.0f} MB", kept)


def both(spent: Spent) -> str:
    """Wall clock, and how much of it the processors worked."""
    return f"{spent.wall * 1000:.0f} ms (cpu {spent.cpu * 1000:.0f})"


if __name__ == "__main__":
    sys.exit(main())
