"""What a process costs: the wall clock, the processors (user + system), the memory that is resident.

Promise: whole processes, several runs, the median; figures that are compared were taken in turns, so that both saw the same machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: `wall` from start to end, `cpu` user and system together."""

    wall: float
    cpu: float


def in_turns(commands: Sequence[Sequence[str]], *, runs: int, env: Mapping[str, str]) -> list[Spent]:
    """The median cost of each command over `runs` rounds, after one that only warms the caches. RuntimeError when one fails."""
    rounds = [[spent(argv, env) for argv in commands] for _ in range(runs + 1)][1:]
    return [
        Spent(statistics.median(one.wall for one in column), statistics.median(one.cpu for one in column))
        for column in zip(*rounds, strict=True)
    ]


def spent(argv: Sequence[str], env: Mapping[str, str]) -> Spent:
    """What one run of `argv` costs. RuntimeError when it does not end with 0."""
    begun = time.perf_counter()
    process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {process.returncode}: {said.decode(errors='replace').strip()}")
    return Spent(wall, usage.ru_utime + usage.ru_stime)


def resident(pid: int) -> int:
    """Bytes that the process and its children hold in memory (RSS)."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
