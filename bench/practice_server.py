"""`python -m bench.practice_server FOLDER`: 10,000 pods on 100 nodes, loaded and then served, until it is told to end.

It says `loaded: SECONDS` when all of them run, and answers one line on stdin with changes: `change N SECONDS` makes N changes a second.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stead.clocks import SteppedClock
from stead.practice.cluster import PracticeCluster

NODES, DEPLOYMENTS, REPLICAS = 100, 100, 100
NAMESPACE = "payments"


def deployment(name: str) -> dict[str, Any]:
    container = {"name": "api", "image": "registry.example.com/api:1", "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": REPLICAS, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


async def load(cluster: PracticeCluster, clock: SteppedClock) -> float:
    """Seconds from an empty cluster until the last pod runs: made by its controllers, scheduled, started by its kubelet."""
    begun = time.perf_counter()
    for number in range(NODES):
        cluster.add_node(f"node-{number}", cpu="64", memory="256Gi", pods="250")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    await cluster.settle()
    for number in range(DEPLOYMENTS):
        cluster.apply(deployment(f"api-{number}"))
    await cluster.settle()
    end = clock.now() + timedelta(seconds=5)
    while (due := cluster.next_due()) is not None and due <= end:
        clock.advance_to(due)
        await cluster.settle()
    running = sum(1 for pod in cluster.list("Pod", NAMESPACE) if pod["status"]["phase"] == "Running")
    if running != DEPLOYMENTS * REPLICAS:
        raise RuntimeError(f"{running} pods run")
    return time.perf_counter() - begun


async def change(cluster: PracticeCluster, each_second: int, seconds: float) -> None:
    """Change one ConfigMap so often, evenly."""
    meta = {"name": "ticker", "namespace": NAMESPACE}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"n": "0"}})
    begun, number = time.perf_counter(), 0
    while number < each_second * seconds:
        due = int((time.perf_counter() - begun) * each_second)
        while number < min(due, int(each_second * seconds)):
            number += 1
            cluster.edit("ConfigMap", NAMESPACE, "ticker", lambda obj, n=number: obj["data"].update(n=str(n)))
        await asyncio.sleep(0.005)


async def serve(folder: Path) -> None:
    clock = SteppedClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    cluster = PracticeCluster(clock, orphan_gc=False)
    seconds = await load(cluster, clock)
    await cluster.start(folder)
    cluster.kubeconfig("admin", folder / "kubeconfig")
    (folder / "token").write_text(cluster.token())
    print(f"loaded: {seconds:.2f} {cluster.url}", flush=True)
    loop = asyncio.get_running_loop()
    while (line := await loop.run_in_executor(None, sys.stdin.readline)).startswith("change"):
        _, each_second, span = line.split()
        await change(cluster, int(each_second), float(span))
    await cluster.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
