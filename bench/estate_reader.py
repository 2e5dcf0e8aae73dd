"""`python -m bench.estate_reader idle|bytes|scan|watch FOLDER [NOW]`: one way of reading a cluster, and one JSON line of what it cost.

`idle` opens an estate and reads nothing. `bytes` is the baseline: the same lists by aiohttp, decoded by msgspec into the same slices,
nothing kept. `scan` is what `stead check` does. `watch` follows for as long as stdin is open, and tells of each finding
`found: NAME MONOTONIC`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import ssl
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from stead.app.discover import shelves
from stead.clocks import SteppedClock, SystemClock
from stead.domain.finding import FindingClass, FindingState
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.kubernetes.kinds import Kind
from stead.estate.kubernetes.proof import needed
from stead.ports import Clock


def estate(folder: Path, clock: Clock) -> KubernetesEstate:
    checks = [check for check in shelves().checks.values() if check.class_ is FindingClass.FAULT]
    return KubernetesEstate("cluster", connect(clock, kubeconfig=str(folder / "kubeconfig")), checks, clock)


async def idle(there: KubernetesEstate, _: Path) -> dict[str, Any]:
    return {"findings": len(there.checks)}


async def scan(there: KubernetesEstate, _: Path) -> dict[str, Any]:
    found = await there.scan()
    crashes = sum(len(f.instances) or 1 for f in found.findings if f.check == "container_crash")
    blind = [f.summary for f in found.blind]
    return {"requests": found.requests, "bytes": found.bytes, "findings": len(found.findings), "crashes": crashes, "blind": blind}


async def plain(there: KubernetesEstate, folder: Path) -> dict[str, Any]:
    """Every page of every kind, decoded and let go."""
    found: dict[str, Any] = {"requests": 0, "bytes": 0, "findings": 0}
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    headers = {"Authorization": f"Bearer {(folder / 'token').read_text()}"}
    server = connect(SystemClock(), kubeconfig=str(folder / "kubeconfig")).server
    async with aiohttp.ClientSession(server, connector=aiohttp.TCPConnector(ssl=context), headers=headers) as session:
        await asyncio.gather(*(pages(session, kind, found) for kind in needed(there.checks)))
    return found


async def pages(session: aiohttp.ClientSession, kind: Kind, found: dict[str, Any]) -> None:
    page = msgspec.defstruct("Page", [("metadata", dict[str, Any]), ("items", list[kind.struct])])
    decoder = msgspec.json.Decoder(page)
    base = f"/{'apis' if kind.group else 'api'}/{kind.api_version}/{kind.plural}"
    params = {"limit": "500"}
    while True:
        async with session.get(base, params=params) as answer:
            body = await answer.read()
        found["requests"] += 1
        if answer.status != 200:
            return
        found["bytes"] += len(body)
        decoded: Any = decoder.decode(body)
        if not (token := decoded.metadata.get("continue")):
            return
        params["continue"] = token


async def watch(there: KubernetesEstate, _: Path) -> dict[str, Any]:
    found = 0
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    ended.add_done_callback(lambda _: loop.create_task(there.close()))
    async for sightings in there.sightings():
        now = time.monotonic()
        if sightings.complete:
            print("watching", flush=True)
        for finding in sightings.seen:
            if finding.state is FindingState.FIRING and finding.check == "container_crash":
                found += 1
                print(f"found: {finding.subject.name} {now}", flush=True)
    return {"findings": found}


WAYS = {"idle": idle, "bytes": plain, "scan": scan, "watch": watch}


async def read(way: str, folder: Path, clock: Clock) -> dict[str, Any]:
    there = estate(folder, clock)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.perf_counter()
    try:
        said = await WAYS[way](there, folder)
    finally:
        await there.close()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": time.perf_counter() - begun, "cpu": cpu, "peak": after.ru_maxrss * 1024, **said}


if __name__ == "__main__":
    told = sys.argv[3] if len(sys.argv) > 3 else ""
    the_clock = SteppedClock(datetime.fromisoformat(told)) if told else SystemClock()
    print(json.dumps(asyncio.run(read(sys.argv[1], Path(sys.argv[2]), the_clock))), flush=True)
