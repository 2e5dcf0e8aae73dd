"""`stead stop`, `stead resume`: everything, at once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json

Reason = Annotated[str, typer.Option("--reason", help="Kept, and told to everybody who asks.")]


def stop(reason: Reason = "", url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Stop everything at once: nothing is changed from now on, and no model is asked. Stead goes on watching and telling."""
    answer: dict[str, Any] = Client.of(url, token).post("/api/stop", {"reason": reason})
    if output is Form.JSON:
        say_json(answer)
        return
    why = f": {answer['reason']}" if answer["reason"] else ""
    print(line(f"Stopped since {answer['at'][:19].replace('T', ' ')} UTC by {answer['by']}{why}. `stead resume` lets it act again."))


def resume(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Let Stead act again after `stead stop`. It looks at everything that is open."""
    answer: dict[str, Any] = Client.of(url, token).post("/api/resume", {})
    if output is Form.JSON:
        say_json(answer)
        return
    print(line("Stead acts again, as its policy says."))
