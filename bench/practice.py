"""What the practice cluster costs at 10,000 pods: `python -m bench.practice` alone, or its rows among those of `python -m bench`."""

from __future__ import annotations

import asyncio
import gc
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from bench.measure import resident
from bench.practice_server import NAMESPACE
from bench.report import Row, table

MOST_LOADING = 20.0
"""Seconds until 10,000 pods run."""
LEAST_LISTING = 40.0
"""MB (10⁶ bytes) a second of a list of all pods, unzipped, from the request to the last byte."""
EVENTS, WATCHERS, SPAN = 1_000, 5, 5.0
"""Changes a second, how many watch them, for how many seconds."""
MOST_MEMORY = 1000.0
"""MB that the process may hold after all of this."""


def rows() -> list[Row]:
    """Load, list, watch, weigh: one process that serves, measured from this one."""
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        argv = [sys.executable, "-m", "bench.practice_server", folder]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            said = server.stdout.readline().split()
            if not said:
                raise RuntimeError("the practice cluster did not come up")
            try:
                measured = asyncio.run(_serving(Path(folder), said[2], server))
            finally:
                memory = resident(server.pid) / 1e6
                server.stdin.write("end\n")
                server.stdin.flush()
    return [_loading(float(said[1])), *measured, _memory(memory)]


def _loading(seconds: float) -> Row:
    return Row(
        "practice", "10,000 pods loaded", f"{seconds:.1f} s", _each(seconds), seconds / MOST_LOADING, "< 20 s", seconds < MOST_LOADING
    )


def _each(seconds: float) -> str:
    return f"{seconds / 10_000 * 1000:.2f} ms a pod"


def _memory(memory: float) -> Row:
    return Row("practice", "its memory", f"{memory:.0f} MB", "1,000 MB", memory / MOST_MEMORY, "≤ 1 GB", memory <= MOST_MEMORY)


async def _serving(folder: Path, url: str, server: subprocess.Popen[str]) -> list[Row]:
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    headers = {"Authorization": f"Bearer {(folder / 'token').read_text()}", "Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(ssl=context), headers=headers, read_bufsize=2**20) as session:
        return [await _listing(session), await _watching(session, server)]


async def _listing(session: aiohttp.ClientSession) -> Row:
    first = await _list(session)
    second = max([await _list(session) for _ in range(3)], key=lambda found: found[0] / found[1])
    rate, cold = second[0] / second[1] / 1e6, first[0] / first[1] / 1e6
    baseline = f"{cold:.0f} MB/s (the first time)"
    return Row(
        "practice", f"list of {second[0] / 1e6:.0f} MB", f"{rate:.0f} MB/s", baseline, rate / cold, "≥ 40 MB/s", rate >= LEAST_LISTING
    )


async def _list(session: aiohttp.ClientSession) -> tuple[int, float]:
    """Bytes and seconds."""
    gc.collect()
    begun = time.perf_counter()
    async with session.get(f"/api/v1/namespaces/{NAMESPACE}/pods") as answer:
        size = 0
        async for chunk in answer.content.iter_any():
            size += len(chunk)
    return size, time.perf_counter() - begun


async def _watching(session: aiohttp.ClientSession, server: subprocess.Popen[str]) -> Row:
    last = str(int(EVENTS * SPAN))
    watchers = [asyncio.create_task(_watch(session, last)) for _ in range(WATCHERS)]
    await asyncio.sleep(0.5)
    assert server.stdin is not None
    server.stdin.write(f"change {EVENTS} {SPAN}\n")
    server.stdin.flush()
    found = await asyncio.gather(*watchers)
    slowest = min(count / seconds for count, seconds in found)
    whole = all(count == int(last) for count, _ in found)
    what = f"{slowest:.0f} events/s to each of {WATCHERS}"
    bound = f"≥ {EVENTS * 0.98:.0f}, all of them"  # the span is measured between first and last event
    return Row("practice", "watch events", what, f"{EVENTS} made a second", slowest / EVENTS, bound, whole and slowest >= EVENTS * 0.98)


async def _watch(session: aiohttp.ClientSession, last: str) -> tuple[int, float]:
    """How many changes came, and in how many seconds."""
    count, begun = 0, 0.0
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps?watch=1&fieldSelector=metadata.name%3Dticker"
    async with session.get(path, timeout=aiohttp.ClientTimeout(total=120)) as answer:
        async for line in answer.content:
            if b'"n":"0"' in line:
                continue
            begun, count = begun or time.perf_counter(), count + 1
            if b'"n":"' + last.encode() + b'"' in line:
                break
    return count, time.perf_counter() - begun


if __name__ == "__main__":
    measured = rows()
    print(table(measured))
    sys.exit(0 if all(row.kept for row in measured) else 1)
