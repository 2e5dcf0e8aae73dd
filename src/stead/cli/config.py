"""`stead config check|show|schema`."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from stead.cli.options import Config, State
from stead.cli.output import clean

app = typer.Typer(help="Look at the configuration.", no_args_is_help=True, rich_markup_mode=None)


class Part(StrEnum):
    CONFIG = "config"
    POLICY = "policy"


@app.command("check")
def check(config: Config = None, state: State = None) -> None:
    """Say what the configuration amounts to, or what is wrong with it. Nothing is started."""
    from stead.app.config import load
    from stead.app.config_check import check as check_all

    for text in check_all(load(config, state=state)):
        print(clean(text))


@app.command("show")
def show(config: Config = None, state: State = None) -> None:
    """Print the configuration with every default filled in, as YAML. It holds references to secrets, never secrets."""
    import sys

    from ruamel.yaml import YAML

    from stead.app.config import load

    loaded = load(config, state=state)
    plain = json.loads(loaded.settings.model_dump_json(exclude_none=True))
    yaml = YAML()
    yaml.width = 200
    yaml.dump(plain, sys.stdout)  # pyright: ignore[reportUnknownMemberType]


@app.command("schema")
def schema(part: Annotated[Part, typer.Argument(help="Of the configuration, or of a policy file.")] = Part.CONFIG) -> None:
    """Print the JSON Schema, which editors use to complete and check."""
    from stead.app.policy_file import policy_schema
    from stead.app.settings import settings_schema

    print(json.dumps(policy_schema() if part is Part.POLICY else settings_schema(), indent=2))
