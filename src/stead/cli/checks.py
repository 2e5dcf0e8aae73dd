"""`stead checks`: which there are, and what each means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stead.cli.options import Config, Output
from stead.cli.output import Form, clean, say_json, table

if TYPE_CHECKING:
    from stead.app.discover import Shelves
    from stead.app.explain import Explained

app = typer.Typer(no_args_is_help=True)


@app.callback()
def checks() -> None:
    """Which checks there are, and what each means."""


@app.command("list")
def list_(output: Output = Form.TABLE, config: Config = None) -> None:
    """All checks with the kinds that they judge: shipped ones, and those of the configuration's folders."""
    from stead.app.explain import every

    found = every(_shelves(config))
    if output is Form.JSON:
        say_json({"schemaVersion": 1, "checks": [_plain(one) for one in found]})
        return
    rows = [(one.name, one.class_, ", ".join(one.of[:3]) + (" …" if len(one.of) > 3 else ""), one.summary) for one in found]
    table(("CHECK", "CLASS", "LOOKS AT", "SAYS"), rows, empty="there are no checks", widest=3)


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="The check's name, as findings show it.")], output: Output = Form.TABLE, config: Config = None
) -> None:
    """What a check means, what to do about it, and what it leaves alone."""
    from stead.app.explain import explain as look_up

    found = look_up(name, _shelves(config))
    if output is Form.JSON:
        say_json({"schemaVersion": 1, **_plain(found)})
    else:
        print(clean(_text(found)))


def _shelves(config: Any) -> Shelves:
    from stead.app.config import load
    from stead.app.discover import shelves

    return shelves(load(config).settings.checks.folders)


def _plain(one: Explained) -> dict[str, Any]:
    reasons = [{"reason": row.reason, "severity": row.severity, "meaning": row.meaning} for row in one.reasons]
    more = {"reasons": reasons, "whatToDo": one.do, "leavesAlone": list(one.leaves), "documented": one.page}
    return {"name": one.name, "class": one.class_, "of": list(one.of), "summary": one.summary, "meaning": one.meaning, **more}


def _text(one: Explained) -> str:
    opinion = "; an opinion, off unless `checks.hygiene` is on" if one.class_ == "hygiene" else ""
    parts = [f"{one.name} (looks at {', '.join(one.of)}{opinion})", "", one.meaning]
    if one.reasons:
        parts += ["", *(f"  {row.reason}: {row.severity}\n      {row.meaning}" for row in one.reasons)]
    if one.do:
        parts += ["", "What to do", "", *_indented(one.do)]
    if one.leaves:
        parts += ["", "What it leaves alone", "", *(f"  - {line}" for line in one.leaves)]
    return "\n".join([*parts, *(("", f"Documented in {one.page}") if one.page else ())])


def _indented(markdown: str) -> list[str]:
    """Prose as it is, and each line of a block of commands after a prompt."""
    lines: list[str] = []
    code = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            code = not code
        else:
            lines.append(f"    $ {line.removeprefix('$ ')}" if code and line else f"  {line}".rstrip())
    return lines
