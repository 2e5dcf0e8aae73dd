"""`python -m bench.cluster FOLDER`: the demo's practice cluster with its faults, on the wall clock, until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from stead.clocks import SystemClock
from stead.practice import house
from stead.practice.cluster import PracticeCluster


async def serve(folder: Path) -> None:
    """Serve, with a kubeconfig at `folder`/kubeconfig; say `ready: …` when all is in place."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    cluster = PracticeCluster(SystemClock(), seed=5, orphan_gc=False)
    await cluster.start(folder / "cluster")
    try:
        await house.furnish(cluster)
        await cluster.settle()
        house.break_configuration(cluster)
        house.strand_pod(cluster)
        house.ship_broken_release(cluster)
        house.kill_node(cluster)
        cluster.kubeconfig(house.READER, folder / "kubeconfig")
        print(
            f"ready: the demo's practice cluster with its faults, {len(cluster.list('Pod'))} pods on {len(house.NODES)} nodes.", flush=True
        )
        await told.wait()
    finally:
        await cluster.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
