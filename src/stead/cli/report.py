"""`stead report`: the page that the daily report sends, as it is now."""

from __future__ import annotations

from typing import Any

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json


def report(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """The daily report of the last 24 hours: what could not be seen, what happened, what is open, what changed, what will break."""
    found: dict[str, Any] = Client.of(url, token).get("/api/report")
    if output is Form.JSON:
        say_json(found)
        return
    print(line(found["title"]))
    for section in found["sections"]:
        print("\n" + clean(section))
