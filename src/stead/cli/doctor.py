"""`stead doctor`: can Stead work here, and what is the next step where it cannot?"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import typer

from stead.cli.options import Config, Output, State
from stead.cli.output import Form, is_terminal, line, say_json
from stead.domain.errors import Exit

if TYPE_CHECKING:
    from stead.app.config import Loaded
    from stead.ops.doctor import Line

_PAINT = {"ok": "\x1b[32m", "warn": "\x1b[33m", "fail": "\x1b[1;31m"}


def doctor(config: Config = None, state: State = None, output: Output = Form.TABLE) -> None:
    """Look at this machine, the configuration and each estate. Exit 1 when something fails."""
    from stead.app.config import load

    found = asyncio.run(_examine(load(config, state=state), aloud=output is Form.TABLE))
    if output is Form.JSON:
        say_json([dataclasses.asdict(each) for each in found])
    if any(each.state == "fail" for each in found):
        raise typer.Exit(Exit.NEGATIVE)


async def _examine(loaded: Loaded, *, aloud: bool) -> list[Line]:
    from stead.ops.doctor import examine

    found: list[Line] = []
    async for each in examine(loaded):
        found.append(each)
        if aloud:
            _say(each)
    return found


def _say(each: Line) -> None:
    mark = f"{_PAINT[each.state]}{each.state:<4}\x1b[0m" if is_terminal() else f"{each.state:<4}"
    print(f"{mark}  {line(each.about)}: {line(each.what)}", flush=True)
    if each.hint and each.state != "ok":
        print(f"      → {line(each.hint)}", flush=True)
