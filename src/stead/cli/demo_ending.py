"""The end of the demo: what it came to, and where to go from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stead.cli.demo_scenes import Stage

_COLOURS = {"green": "green", "amber": "yellow", "red": "red", "blind": "magenta"}
_STATES = {"resolved": "green", "escalated": "red"}


async def sum_up(stage: Stage, failed: Sequence[str]) -> None:
    """All incidents with their ends and messages, the colour, and the next command."""
    status = await stage.ask("/api/status")
    listed = await stage.ask("/api/incidents", all="true")
    incidents = [await stage.ask(f"/api/incidents/{row['id']}") for row in sorted(listed, key=lambda row: row["number"])]
    console, story = stage.story.console, stage.story
    console.print()
    console.print(_table(incidents))
    colour = status["colour"]
    console.print()
    green = "" if colour == "green" else ", not green: " + _why_not_green(status)
    console.print(Text.assemble("The summary is ", (colour, f"bold {_COLOURS[colour]}"), green))
    if failed:
        story.plain(f"Not everything came out as told: {'; '.join(failed)}")
        return
    story.plain("Tokens sent to a model: 0.")
    console.print()
    story.plain("On your own cluster, read-only, in one minute:  .venv/bin/stead check")


def _table(incidents: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "ended as", "what", "messages"):
        table.add_column(column, overflow="fold")
    for incident in incidents:
        state = Text(incident["state"].replace("_", " "), style=_STATES.get(incident["state"], "yellow"))
        table.add_row(incident["id"], state, incident["title"], _messages(incident["deliveries"]))
    return table


def _messages(deliveries: Sequence[dict[str, Any]]) -> str:
    sent = [delivery for delivery in deliveries if delivery["state"] == "sent"]
    edits = sum(1 for delivery in sent if delivery["edited"])
    times = {0: "", 1: ", edited once", 2: ", edited twice"}.get(edits, f", edited {edits} times")
    return f"{len(sent) - edits}{times}"


def _why_not_green(status: dict[str, Any]) -> str:
    blind = [finding["summary"] for estate in status["estates"] for finding in estate["blind"]]
    still_open = status["incidents"]["open"]
    return "; ".join([*blind, f"{still_open} incidents are open"])
