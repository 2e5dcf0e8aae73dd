"""`stead up`: the service, in the foreground, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stead.cli.options import Config, State
from stead.domain.errors import Exit, UserError

if TYPE_CHECKING:
    from stead.app.settings import Settings
    from stead.app.wiring import Stead

STOP_WITHIN = 4.5
"""Seconds from SIGTERM to the end of the process, whatever happens: supervisors are promised 5."""

Bind = Annotated[str | None, typer.Option("--bind", help="Address and port of the API.", show_default="127.0.0.1:8642")]


def up(config: Config = None, state: State = None, bind: Bind = None) -> None:
    """Run the service: watch, find, fix, prove, tell. Ctrl-C or SIGTERM stops it; a second one hurries."""
    from stead.app import lean

    lean.begin()
    from stead.app import telemetry
    from stead.app.config import load
    from stead.app.config_check import check

    loaded = load(config, state=state, bind=bind)
    if not loaded.settings.estates and not loaded.settings.checks.folders:
        raise UserError(
            "there is nothing to watch: no kubeconfig, and no configuration that names an estate",
            hint="set KUBECONFIG, or list `estates:` in stead.yaml (`stead config schema` describes it)",
        )
    check(loaded, broken={})
    loaded.make_folder()
    telemetry.configure()
    asyncio.run(serve(loaded.settings, loaded.file))


async def serve(settings: Settings, file: Path | None) -> None:
    """Start, say where, wait for a signal, stop within 5 s. A second signal ends the process at once, as `kill -9` would."""
    from stead.app import lean
    from stead.app.wiring import Stead
    from stead.gateway.server import Gateway

    told = asyncio.Event()
    _on_signals(told)
    stead = Stead.build(settings, clock=settings.timing.clock())
    gateway = Gateway(stead)
    gateway.bind()
    try:
        if await _started(stead, told):
            await gateway.start()
            lean.settled()
            where = str(file) if file else "no file (defaults)"
            print(f"Stead listens on {gateway.url} · configuration: {where} · state: {settings.store.folder}", flush=True)
            await _first(told, stead.ownership.lost)
    finally:
        await gateway.stop()
        await stead.stop()
    if stead.ownership.lost.is_set():
        raise UserError("another Stead has taken over this database, so this one has ended", hint="stop one of them", code=Exit.REFUSED)


async def _first(*events: asyncio.Event) -> None:
    """Wait until one of them is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for wait in waiting:
        wait.cancel()


async def _started(stead: Stead, told: asyncio.Event) -> bool:
    """Start; False when it was told to stop before that was done (a lease may have to be waited for)."""
    starting = asyncio.create_task(stead.start())
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return False


def _too_late() -> None:
    """Something does not stop. The store is as good as after `kill -9`, which every start can live with."""
    with contextlib.suppress(OSError):
        print(f"Stead did not stop within {STOP_WITHIN} s and ends now; the next start goes on from there.", file=sys.stderr, flush=True)
    os._exit(1)


def _on_signals(told: asyncio.Event) -> None:
    def heard() -> None:
        if told.is_set():
            # Everything that matters is committed before it is claimed, so this loses nothing: the next start goes on from there.
            os._exit(130)
        told.set()
        late = threading.Timer(STOP_WITHIN, _too_late)
        late.daemon = True
        late.start()
        with contextlib.suppress(OSError):
            print("Stead stops; once more ends it at once.", file=sys.stderr, flush=True)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heard)
