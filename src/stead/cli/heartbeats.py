"""`stead heartbeats list`: what should report again and again, and whether it does."""

from __future__ import annotations

from typing import Any

import typer

from stead.app.durations import duration_text
from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, say_json, table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def heartbeats() -> None:
    """What should report again and again: backups, cron jobs, Alertmanager's Watchdog."""


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Each with its state, when it last reported, and when it is expected."""
    from datetime import timedelta

    found: list[dict[str, Any]] = Client.of(url, token).get("/api/heartbeats")
    if output is Form.JSON:
        say_json(found)
        return
    rows = [
        [
            one["name"],
            one["state"],
            _moment(one["last_at"]) or "never",
            _moment(one["expected_at"]),
            one["when"],
            duration_text(timedelta(seconds=one["grace"])),
        ]
        for one in found
    ]
    table(("NAME", "STATE", "LAST", "EXPECTED", "WHEN", "GRACE"), rows, empty="No heartbeat is configured.", widest=0)


def _moment(text: str | None) -> str:
    return (text or "")[:19].replace("T", " ")
