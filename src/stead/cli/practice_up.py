"""`stead practice up`: a practice cluster in the foreground, at people's speed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stead.practice.run_world import World
    from stead.practice.scenario import Scenario

_TICK = 0.1
"""Seconds of ours between two moves of the cluster's clock; it does all that fell due in between, each at its own instant."""


def run_up(word: str | None, speed: float) -> None:
    """Until SIGINT or SIGTERM. UserError for a scenario that is not there."""
    from stead.practice.scenario import named

    asyncio.run(_up(named(word) if word else _house(), speed, quiet=word is None))


def _house() -> Scenario:
    """The homelab, with nothing wrong in it but what its people do."""
    from stead.practice.scenario import Scenario

    everything_is_fine = {"object": "Namespace home", "exists": True}
    said = {
        "name": "house",
        "title": "A homelab",
        "action": "none",
        "estate": {"base": "house"},
        "fault": {"steps": [{"wait": "0s"}]},
        "solved": [everything_is_fine],
        "ending": "nothing",
    }
    return Scenario.model_validate(said)


async def _up(scenario: Scenario, speed: float, *, quiet: bool) -> None:
    from stead.clocks import SystemClock
    from stead.practice.run_roles import give_roles
    from stead.practice.run_world import RESTED, World

    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    with tempfile.TemporaryDirectory(prefix="stead-practice-") as folder:
        # Built in the past, so that its present is the reader's.
        world = await World.open(scenario, Path(folder), began=SystemClock().now() - 2 * RESTED)
        try:
            reader, writer = give_roles(world.cluster)
            _say(world, speed, reader, writer, quiet=quiet)
            await _until(told, world, speed)
        finally:
            await world.cluster.stop()


def _say(world: World, speed: float, reader: Path, writer: Path, *, quiet: bool) -> None:
    admin = world.cluster.kubeconfig("admin")
    print(f"A practice cluster runs at {world.cluster.url}; Ctrl-C ends it, and nothing of it stays.")
    if not quiet:
        print(f"Scenario {world.scenario.name}: {world.scenario.title}. It strikes in {_length(world.scenario.fault_at / speed)}.")
    print(f"\n  kubectl --kubeconfig {admin} get pods -A")
    print("\nStead on it, with no more rights than it needs, in stead.yaml:\n")
    print(
        f"  estates:\n    - id: practice\n      kind: kubernetes\n      kubeconfig: {reader}\n      write_kubeconfig: {writer}", flush=True
    )


def _length(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


async def _until(told: asyncio.Event, world: World, speed: float) -> None:
    """Let time pass `speed` times as fast as ours, and do the scenario's steps in it, until told to stop."""
    from stead.practice.run_world import timeline

    began, started = world.clock.now(), time.monotonic()
    steps = timeline((*world.scenario.harmless, *world.scenario.fault))
    while not told.is_set():
        now = began + timedelta(seconds=(time.monotonic() - started) * speed)
        while steps and began + steps[0][0] <= now:
            at, step = steps.pop(0)
            world.clock.advance_to(max(began + at, world.clock.now()))
            await world.cluster.settle()
            world.do(step)
        world.clock.advance_to(max(now, world.clock.now()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TICK):
                await told.wait()
