"""A storm: one cause, ten thousand findings within a minute. What is told, how soon, and what it costs.

Promise: the whole service (store, durable engine, outbox) runs as in production, on SQLite; only the cluster and the chat are made up.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import Row
from stead.app import discover
from stead.app.config import settings_of
from stead.app.wiring import Stead
from stead.clocks import SystemClock
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.store import findings
from stead.testing.scripted import Chat, ScriptedEstate

FINDINGS = 10_000
WITHIN = 60.0
EVERY = 0.1
"""Seconds between two batches of sightings, as a watch brings them."""
FIRST_WORD = 5.0
"""Seconds that may pass from the first finding to the first message."""
OTHERS = 1_000
"""Incidents of causes of their own, for the second figure."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What one storm came to. Seconds; `cpu` is the whole process's, `after` from the last finding until nothing was left to do."""

    incidents: int
    messages: int
    edits: int
    stored: int
    first: float
    after: float
    cpu: float


def storm(number: int = FINDINGS, within: float = WITHIN) -> Storm:
    """A node dies, and `number` findings of it come within `within` seconds."""
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        return asyncio.run(_storm(Path(folder), number, within))


async def _storm(folder: Path, number: int, within: float) -> Storm:
    clock, chat = SystemClock(), Chat()
    estate = ScriptedEstate("home", clock)
    stead = _stead(folder, estate, chat)
    await stead.start()
    try:
        await estate.sees(complete=True)
        batches = list(_batches(list(_symptoms(number)), round(within / EVERY)))
        cpu, begun = time.process_time(), time.monotonic()
        first = asyncio.create_task(_first_word(chat))
        for n, batch in enumerate(batches):
            await asyncio.sleep(max(0.0, begun + n * EVERY - time.monotonic()))
            await estate.sees(*batch)
        ended = time.monotonic()
        await _quiet(stead)
        spent, after = time.process_time() - cpu, time.monotonic() - ended
        known = await stead.store.look(findings.open_findings, "home")
        incidents = {stored.incident for stored in known.values()}
        edits = len(chat.told) - len(chat.messages)
        return Storm(len(incidents), len(chat.messages), edits, len(known), await first - begun, after, spent)
    finally:
        await stead.stop()


def one_more(others: int = OTHERS) -> float:
    """Seconds from a finding until its incident is open, while `others` incidents are open already."""
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        return asyncio.run(_one_more(Path(folder), others))


async def _one_more(folder: Path, others: int) -> float:
    clock, chat = SystemClock(), Chat()
    estate = ScriptedEstate("home", clock)
    stead = _stead(folder, estate, chat)
    await stead.start()
    try:
        await estate.sees(complete=True)
        await estate.sees(*(_fault("Pod", f"other-{n}", f"team-{n}") for n in range(others)))
        await _quiet(stead)
        seq = (await stead.events(0, 1_000_000))[-1]["seq"]
        begun = time.monotonic()
        await estate.sees(_fault("Pod", "one-more", "team-x"))
        while not any(event["name"] == "incident.opened" for event in await stead.events(seq)):
            await asyncio.sleep(0.005)
        return time.monotonic() - begun
    finally:
        await stead.stop()


def rows() -> list[Row]:
    """The figures for the page of benchmarks."""
    came = storm()
    kept = (came.incidents, came.messages, came.stored) == (1, 1, FINDINGS) and came.first <= FIRST_WORD
    said = f"{came.incidents} incident, {came.messages} message and {came.edits} edits, {came.stored:,} findings"
    first = f"first word after {came.first:.1f} s (cpu {came.cpu:.0f} s in all)"
    what = f"{FINDINGS:,} findings of one cause in {WITHIN:.0f} s"
    return [
        Row("storm", what, said, first, came.first / FIRST_WORD, "first ≤ 5 s", kept),
        Row("crowd", f"one more beside {OTHERS:,} incidents", f"{one_more():.2f} s", "", 1.0, "told", True),
    ]


def _stead(folder: Path, estate: ScriptedEstate, chat: Chat) -> Stead:
    settings = settings_of({"store": {"folder": str(folder / "state")}})
    return Stead(settings, clock=SystemClock(), shelves=discover.shelves(), estates={"home": estate}, channels={"chat": chat})


def _symptoms(number: int) -> Iterator[Finding]:
    node = _fault("Node", "n1", "")
    yield node
    for n in range(1, number):
        yield _fault(
            "Pod", f"app-{n}-x", f"team-{n % 50}", depends_on=(node.subject,), top=_subject("Deployment", f"app-{n}", f"team-{n % 50}")
        )


def _fault(kind: str, name: str, namespace: str, **more: object) -> Finding:
    check = "node_not_ready" if kind == "Node" else "pod_not_ready"
    summary = f"{kind.lower()} {name} is not ready"
    made: dict[str, object] = {"severity": Severity.CRITICAL, "reason": "NotReady", "summary": summary, **more}
    return Finding(check=check, subject=_subject(kind, name, namespace), **made)  # pyright: ignore[reportArgumentType]


def _subject(kind: str, name: str, namespace: str) -> Subject:
    return Subject(estate="home", api_version="apps/v1" if kind == "Deployment" else "v1", kind=kind, name=name, namespace=namespace)


def _batches(found: list[Finding], number: int) -> Iterator[list[Finding]]:
    size = -(-len(found) // number)
    for start in range(0, len(found), size):
        yield found[start : start + size]


async def _first_word(chat: Chat) -> float:
    await chat.heard.wait()
    return time.monotonic()


async def _quiet(stead: Stead) -> None:
    while not await stead.quiescent() or await stead.store.look(_deliveries_wait):
        await asyncio.sleep(0.05)


def _deliveries_wait(connection: object) -> bool:
    from stead.store import deliveries

    return bool(deliveries.counts(connection).get("queued"))  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    number, within = (int(sys.argv[1]), float(sys.argv[2])) if len(sys.argv) > 2 else (FINDINGS, WITHIN)
    print(storm(number, within))
    print(f"one more beside {OTHERS}: {one_more():.2f} s; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
