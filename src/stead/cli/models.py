"""`stead models`: which models are configured, and whether they answer."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import typer

from stead.cli.options import Config, Output
from stead.cli.output import Form, say_json, table
from stead.domain.errors import Exit, UserError

if TYPE_CHECKING:
    from pathlib import Path

    from stead.models.chain import Chain
    from stead.ops.model_test import Tested

app = typer.Typer(no_args_is_help=True)


@app.callback()
def models() -> None:
    """The models that think where checks and playbooks do not settle an incident."""


@app.command("list")
def list_(config: Config = None, output: Output = Form.TABLE) -> None:
    """The chain of models, in the order in which they are asked. Asks none of them."""
    chain = _chain(config)
    specs = () if chain is None else chain.specs
    rows = [[s.name, s.kind, s.model, s.base_url or "(its own)", s.role.value, str(s.context)] for s in specs]
    if output is Form.JSON:
        say_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
        return
    table(_COLUMNS, rows, empty="No model is configured: checks and playbooks work without one.")


_COLUMNS = ("name", "kind", "model", "address", "role", "context")


@app.command()
def test(config: Config = None, output: Output = Form.TABLE) -> None:
    """Ask each model, measure a cold start, and drill the fail-over by refusing the first. Exits with 1 when something is wrong."""
    from dataclasses import asdict

    chain = _chain(config)
    if chain is None:
        raise UserError("no model is configured", hint="add `models:` to stead.yaml, or set STEAD_MODEL=KIND:MODEL")
    tested, drilled, well = asyncio.run(_test(chain))
    if output is Form.JSON:
        say_json({"models": [asdict(one) for one in tested], "drill": {"said": drilled, "passed": well}})
    else:
        rows = [[one.name, one.model, _seconds(one.cold), _seconds(one.warm), str(one.tokens), one.why or "well"] for one in tested]
        table(("name", "model", "first answer", "second", "tokens", "how it is"), rows, empty="")
        print(f"\nfail-over: {drilled}")
    if any(one.why for one in tested) or not well:
        raise typer.Exit(Exit.NEGATIVE)


async def _test(chain: Chain) -> tuple[list[Tested], str, bool]:
    from stead.ops.model_test import drill, test_each

    tested = await test_each(chain)
    return tested, *await drill(chain)


def _chain(config: Path | None) -> Chain | None:
    from stead.app.config import load
    from stead.app.discover import shelves
    from stead.app.thinking import models_of

    loaded = load(config)
    found = shelves(loaded.settings.checks.folders)
    return models_of(loaded.settings.models, found.models, os.environ, loaded.written)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
