"""`stead new`: starts something of one's own, from files that already pass."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stead.domain.errors import UserError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def new() -> None:
    """Start something of your own, from files that already pass."""


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="What is wrong, in lower case, words joined by `_`: volume_full")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="A folder of your own.", show_default="the checkout of Stead around this folder")
    ] = None,
    executable: Annotated[bool, typer.Option("--executable", help="A script with the exit codes of Nagios (with --folder).")] = False,
) -> None:
    """Write a check, its test and its page. They pass; change them until they say what you mean."""
    from stead.ops.scaffold import new_check, new_program

    here = Path.cwd()
    if executable:
        if folder is None:
            raise UserError("a script is a check of your own", hint=f"stead new check {name} --executable --folder ~/stead-checks")
        print(f"check  {_from_here(new_program(name, folder), here)}")
        print(f"\nRun it: name `{folder}` under `checks: folders:` in stead.yaml, then `stead check --estate own-checks`")
        return
    made = new_check(name, here, folder)
    for what, path in (("check", made.check), ("test", made.test), ("page", made.page)):
        print(f"{what:<6} {_from_here(path, here)}")
    print(f"\nTry it: {_runner(made.root, folder)} {_from_here(made.test, here)}")
    if folder is not None:
        print(f"Run it: name `{made.root}` under `checks: folders:` in stead.yaml")


def _from_here(path: Path, here: Path) -> Path:
    return path.relative_to(here) if path.is_relative_to(here) else path


def _runner(root: Path, folder: Path | None) -> str:
    return ".venv/bin/pytest" if folder is None and (root / ".venv/bin/pytest").exists() else "pytest"
