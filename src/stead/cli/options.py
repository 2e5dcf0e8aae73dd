"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stead.cli.output import Form

Url = Annotated[str | None, typer.Option("--url", envvar="STEAD_URL", help="The service's address.", show_default="http://127.0.0.1:8642")]
Token = Annotated[
    str | None, typer.Option("--token", envvar="STEAD_TOKEN", help="The token to show it.", show_default="this user's own service's")
]
Output = Annotated[Form, typer.Option("--output", "-o", help="How the answer looks.")]
Config = Annotated[Path | None, typer.Option("--config", help="The configuration file.", show_default="stead.yaml, where it is found")]
State = Annotated[Path | None, typer.Option("--state", help="The state folder.", show_default="as configured")]
