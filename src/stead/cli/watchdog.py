"""`stead watchdog`: whether Stead itself is there, for a timer of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from stead.cli.options import Config, State
from stead.domain.errors import Exit


def watchdog(
    config: Config = None,
    state: State = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, and tell nobody.")] = False,
) -> int:
    """Look once whether Stead answers, its backup is fresh and its disk has room, and tell it by the channels, without the service.

    Each fault is told when it begins and when it is over. Exit code 1 while there is one.
    """
    import asyncio

    from stead.app.config import load
    from stead.app.discover import shelves
    from stead.app.furnish import channels_of
    from stead.cli.output import line
    from stead.clocks import SystemClock
    from stead.ops import watchdog as dog

    loaded, clock = load(config, state=state), SystemClock()
    settings, server = loaded.settings.watchdog, loaded.settings.server
    watched = dog.Watched(
        url=settings.url or f"http://{server.bind}".replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:"),
        folder=loaded.folder,
        backup=settings.backup,
        age=settings.backup_age,
        most_full=settings.most_full,
    )
    found = dog.faults(watched, clock.now())
    for words in found.values():
        print(line(words))
    if not dry_run:
        loaded.make_folder()

        async def tell() -> list[str]:
            opened = channels_of(loaded.settings, shelves(), clock)
            channels = [channel for name, channel in opened.items() if not settings.channels or name in settings.channels]
            try:
                return await dog.tell(found, loaded.folder, channels, clock.now())
            finally:
                for channel in opened.values():
                    await channel.close()

        for words in asyncio.run(tell()):
            print(line(words))
    if not found:
        print("Stead answers, and nothing is wrong with it.")
    return Exit.NEGATIVE if found else Exit.DONE
