"""`stead demo`: a practice cluster in which things go wrong, Stead against it, and the story as it happens.

Nothing of it is staged but the faults: the cluster is reached over HTTPS with a kubeconfig, Stead is the service that `stead up` runs,
the view reads its API like any other client, the answer to its question goes in by the API, and its messages arrive at a webhook.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stead.domain.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from stead.cli.demo_scenes import Stage

Speed = Annotated[float, typer.Option("--speed", help="Seconds of the cluster's time in one of yours; 0 is as fast as it goes.", min=0)]
Keep = Annotated[Path | None, typer.Option("--keep", help="Keep the cluster's kubeconfig and Stead's store in this folder.")]

BEGAN = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
"""A Monday, three in the morning: when such things happen."""


def demo(speed: Speed = 12.0, keep: Keep = None) -> None:
    """See Stead at work, in about a minute: five things go wrong in a practice cluster. Needs no cluster, no model and no key."""
    from stead.app import telemetry

    telemetry.configure(quiet=True)
    folder = Path(tempfile.mkdtemp(prefix="stead-demo-")) if keep is None else _new(keep)
    try:
        failed = asyncio.run(_demo(folder, speed or None))
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if failed:
        raise typer.Exit(1)


def _new(folder: Path) -> Path:
    """The folder, made, with nothing in it. UserError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        empty = not any(folder.iterdir())
    except OSError as error:
        raise UserError(
            f"the folder {folder} cannot be made: {(error.strerror or str(error)).lower()}", hint="name another with --keep"
        ) from error
    if not empty:
        raise UserError(f"the folder {folder} is not empty", hint="name a new one with --keep")
    return folder


async def _demo(folder: Path, speed: float | None) -> list[str]:
    """Play all scenes; the names of those that did not come out as told."""
    from rich.console import Console

    from stead.cli.demo_play import play

    async with stage(folder, Console(highlight=False), speed=speed) as built:
        return await play(built)


@contextlib.asynccontextmanager
async def stage(
    folder: Path,
    console: Console,
    *,
    speed: float | None = None,
    database: str | None = None,
    timing: Mapping[str, object] | None = None,
) -> AsyncGenerator[Stage]:
    """The cluster, the service on it (its store in `folder`, or in `database`; other waits in `timing`), a chat, and time that moves."""
    from stead.app.config import settings_of
    from stead.app.wiring import Stead
    from stead.cli.client import Client
    from stead.cli.demo_chat import Chat
    from stead.cli.demo_scenes import Stage
    from stead.cli.story import Story
    from stead.clocks import SteppedClock
    from stead.estate.kubernetes.estate import KubernetesEstate
    from stead.gateway.server import Gateway
    from stead.practice import house
    from stead.practice.cluster import PracticeCluster
    from stead.practice.pacing import Pacer

    clock = SteppedClock(BEGAN)
    cluster = PracticeCluster(clock, seed=5, orphan_gc=False)
    async with contextlib.AsyncExitStack() as stack:
        await cluster.start(folder / "cluster")
        stack.push_async_callback(cluster.stop)
        cluster.kubeconfig("admin")
        await house.furnish(cluster)
        chat = await Chat.open(Story(console, BEGAN))
        stack.push_async_callback(chat.close)
        os.environ[chat.SECRET_VARIABLE] = chat.secret
        settings = settings_of(
            {
                "server": {"bind": "127.0.0.1:0"},
                "store": {"folder": str(folder / "state"), "url": database},
                "timing": dict(timing or {}),
                "jobs": {"stock": False},
                "estates": [
                    {
                        "id": "home",
                        "kind": "kubernetes",
                        "kubeconfig": str(cluster.kubeconfig(house.READER)),
                        "write_kubeconfig": str(cluster.kubeconfig(house.WRITER)),
                    }
                ],
                "channels": [{"name": "chat", "kind": "webhook", "url": chat.url, "secret": f"env:{chat.SECRET_VARIABLE}"}],
            }
        )
        stead = Stead.build(settings, clock=clock)
        gateway = Gateway(stead)
        gateway.bind()

        async def quiescent() -> bool:
            if not cluster.quiescent or chat.busy or not await stead.quiescent():
                return False
            return all([await watched.caught_up() for watched in stead.estates.values() if isinstance(watched, KubernetesEstate)])

        await cluster.settle()
        await stead.start()
        stack.push_async_callback(stead.stop)
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        pacing = asyncio.create_task(Pacer(clock, quiescent, speed=speed).run(), name="pacer")
        stack.push_async_callback(_end, pacing)
        yield Stage(cluster=cluster, story=chat.story, client=Client.of(gateway.url, None), clock=clock, folder=folder)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
