"""`stead routes show|test`: who is told what. Reads the configuration, and needs no service."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.options import Config, Output
from stead.cli.output import Form, line, say_json

app = typer.Typer(help="Who is told what.", no_args_is_help=True, rich_markup_mode=None)


@app.command("show")
def show(config: Config = None, output: Output = Form.TABLE) -> None:
    """The tree of routes: what each matches, who is told, and after which waits."""
    from stead.app.config import load
    from stead.app.routes_told import shown

    found = shown(load(config).settings)
    if output is Form.JSON:
        say_json(found)
        return
    for route in found:
        indent = "  " * (len(route["path"]) - 1)
        goes_on = ", and goes on to the next route" if route["continue"] else ""
        print(indent + line(f"{route['path'][-1]}: {_told(route)}; {_waits(route)}{goes_on}"))


@app.command("test")
def test(
    labels: Annotated[list[str], typer.Argument(metavar="LABEL...", help="Of an incident: severity=critical namespace=payments.")],
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """Where an incident with these labels would go at this moment: the way through the tree, who is told, what keeps it silent."""
    from stead.app.config import load
    from stead.app.routes_told import labels_of_words, tested
    from stead.clocks import SystemClock

    found = tested(load(config).settings, labels_of_words(labels), SystemClock().now())
    if output is Form.JSON:
        say_json(found)
        return
    for route in found["routes"]:
        print(line(" → ".join(route["path"])))
        print("  " + line(f"{_told(route)}; {_waits(route)}"))
    if found["escalates"]:
        print(line(_escalates(found["escalates"])))
    for why in found["kept"]:
        print(line(why))
    for why in found["muted"]:
        print(line(f"silent at this moment: {why}"))
    for why in found["inhibited"]:
        print(line(f"silent by {why}"))


def _escalates(ladder: dict[str, Any]) -> str:
    steps = ", then ".join(f"{' and '.join(step['receivers'])} after {step['after']}" for step in ladder["steps"])
    while_ = "an approval of it waits and nobody acknowledges it" if ladder["asks"] else "nobody acknowledges it"
    rounds = f", {ladder['rounds']} times over" if ladder["rounds"] > 1 else ""
    return f"while {while_} ({ladder['name']}): {steps}{rounds}"


def _told(route: dict[str, Any]) -> str:
    return ", ".join(_receiver(receiver) for receiver in route["receivers"]) or "nobody"


def _receiver(receiver: dict[str, Any]) -> str:
    name, channels = receiver["name"], receiver["channels"]
    return str(name) if channels == [name] else f"{name} ({', '.join(channels)})"


def _waits(route: dict[str, Any]) -> str:
    again = f", said again after {route['repeat_interval']}" if route["repeat_interval"] else ""
    return f"first word after {route['group_wait']}, edits {route['group_interval']} apart{again}"
