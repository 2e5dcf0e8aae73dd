"""`stead report`: the page that the daily report sends, as it is now."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json
from stead.domain.errors import UserError


def report(
    day: Annotated[str, typer.Option("--day", help="A day that is over, like 2026-11-25 (UTC).", show_default="the last 24 hours")] = "",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """The daily report, now or of one day: what could not be seen, what happened, is open, changed, and will break."""
    if day and not _is_day(day):
        raise UserError(f"`{day[:20]}` is not a day", hint="write it like 2026-11-25")
    found: dict[str, Any] = Client.of(url, token).get("/api/report", **({"day": day} if day else {}))
    if output is Form.JSON:
        say_json(found)
        return
    print(line(found["title"]))
    for section in found["sections"]:
        print("\n" + clean(section))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
