"""The page of figures: docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from stead import __version__


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its baseline from the same run. `bound` says in words what it must keep to, `kept` whether it did."""

    what: str
    command: str
    value: str
    baseline: str
    ratio: float
    bound: str
    kept: bool


def page(rows: list[Row], notes: list[str]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`: medians of whole processes, each beside a baseline that was measured in turns with it, in the same run.",
        "",
        "| what | command | figure | baseline | ratio | must be | |",
        "|---|---|---:|---:|---:|---:|---|",
        *(_line(row) for row in rows),
        "",
        *(f"- {note}" for note in notes),
        "",
        "## Machine",
        "",
        *(f"- {name}: {value}" for name, value in machine().items()),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    kept = "✓" if row.kept else "**missed**"
    return f"| {row.what} | `{row.command}` | {row.value} | {row.baseline} | {row.ratio:.1f}× | {row.bound} | {kept} |"


def table(rows: list[Row]) -> str:
    """The same for a terminal."""
    columns = [(row.what, row.value, f"baseline {row.baseline}", f"{row.ratio:.1f}×", f"must be {row.bound}") for row in rows]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(column, widths, strict=True)) for column in columns]
    return "\n".join(f"{line}  {'ok' if row.kept else 'MISSED'}" for line, row in zip(lines, rows, strict=True))


def machine() -> dict[str, str]:
    """What the figures depend on; no name and no address of the machine."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores seen",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.freedesktop_os_release().get('PRETTY_NAME', platform.system())}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "Stead": f"{__version__}{_commit()}",
        "day": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return f" at {done.stdout.strip()}" if done.returncode == 0 else ""
