"""Ten thousand alerts within a minute, each a request of its own: how long a sender waits for the commit, whether any is lost, and how long
after the last of them all are heard.

`python -m bench.hooks` measures this alone. Promise: the whole service runs as in production, gateway included, on SQLite; the sender
shares its process, so its own work is in the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from bench.report import Row, table
from stead.app import discover
from stead.app.config import settings_of
from stead.app.wiring import Stead
from stead.clocks import SystemClock
from stead.gateway.server import Gateway
from stead.store.tables import alert
from stead.testing.scripted import Chat, ScriptedEstate

ALERTS = 10_000
WITHIN = 60.0
OWNERS = 200
"""Deployments that the alerts are about."""
AT_ONCE = 64
"""Connections of the sender."""
MOST = 0.050
"""Seconds that 99 of 100 senders may wait."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What it came to: answers of 202, alerts in the store, incidents; seconds until all were heard after the last was sent, and of the
    median, the 99th of 100 and the slowest answer."""

    accepted: int
    stored: int
    incidents: int
    behind: float
    p50: float
    p99: float
    most: float


def measure(number: int = ALERTS, within: float = WITHIN) -> Heard:
    """Send `number` alerts within `within` seconds."""
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder, _environment(STEAD_BENCH_HOOK="s" * 32, XDG_RUNTIME_DIR=folder):
        return asyncio.run(_measure(Path(folder), number, within))


@contextlib.contextmanager
def _environment(**values: str) -> Generator[None]:
    """These variables for as long as the block: what is measured next is to find its own."""
    before = dict(os.environ)
    os.environ |= values
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


async def _measure(folder: Path, number: int, within: float) -> Heard:
    clock = SystemClock()
    hook = {"kind": "alertmanager", "bearer": "env:STEAD_BENCH_HOOK"}
    settings = settings_of({"server": {"bind": "127.0.0.1:0"}, "store": {"folder": str(folder / "state")}, "hooks": [hook]})
    estates = {"home": ScriptedEstate("home", clock)}
    stead = Stead(settings, clock=clock, shelves=discover.shelves(), estates=estates, channels={"chat": Chat()})
    gateway = Gateway(stead)
    await stead.start()
    await gateway.start()
    try:
        waited = await _send(f"{gateway.url}/hooks/alertmanager", number, within)
        behind = await _all_heard(stead)
        stored = await stead.store.look(lambda c: c.execute(sa.select(sa.func.count()).select_from(alert)).scalar_one())
        incidents = len(await stead.incidents(everything=True))
    finally:
        await gateway.stop()
        await stead.stop()
    ranked = sorted(waited)
    return Heard(len(waited), stored, incidents, behind, ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100], ranked[-1])


async def _all_heard(stead: Stead) -> float:
    begun = time.monotonic()
    while not stead.ear.idle:
        await asyncio.sleep(0.01)
    return time.monotonic() - begun


async def _send(url: str, number: int, within: float) -> list[float]:
    """The seconds that each accepted request took, from when it was due to leave."""
    waited: list[float] = []
    headers = {"Authorization": f"Bearer {'s' * 32}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE), headers=headers) as http:
        begun = time.monotonic()

        async def send(n: int) -> None:
            due = begun + n * within / number
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            # One that is refused or cut off is not among those that were accepted.
            with contextlib.suppress(aiohttp.ClientError):
                async with http.post(url, json=_group(n)) as answer:
                    if answer.status == 202:
                        waited.append(time.monotonic() - due)

        await asyncio.gather(*(send(n) for n in range(number)))
    return waited


def _group(n: int) -> dict[str, object]:
    labels = {"alertname": "KubePodCrashLooping", "namespace": "payments", "deployment": f"app-{n % OWNERS}", "pod": f"app-{n}"}
    one = {"status": "firing", "labels": labels, "annotations": {"summary": "It crashes."}, "fingerprint": f"{n:016x}"}
    return {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "stead", "alerts": [one]}


def rows() -> list[Row]:
    """The figures for the page of benchmarks."""
    came = measure()
    kept = came.accepted == came.stored == ALERTS and came.p99 <= MOST
    said = f"{came.stored:,} heard {came.behind:.1f} s later, {came.incidents} incidents"
    waits = f"p50 {came.p50 * 1000:.0f} ms, p99 {came.p99 * 1000:.0f} ms, slowest {came.most * 1000:.0f} ms"
    return [Row("hooks", f"{ALERTS:,} alerts in {WITHIN:.0f} s", said, waits, came.p99 / MOST, "p99 ≤ 50 ms, none lost", kept)]


if __name__ == "__main__":
    found = rows()
    print(table(found))
    sys.exit(0 if all(row.kept for row in found) else 1)
