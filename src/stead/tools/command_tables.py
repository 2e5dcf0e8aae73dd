"""The tables of tools that a line of shell is judged by: every YAML file of `tools/commands`, read at the first line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

from stead.domain.commands.table import Spec, tools


@cache
def command_tables() -> Mapping[str, Spec]:
    """Name of a program → what is known of it. ValueError names the file that does not fit, or a program that two files describe."""
    from ruamel.yaml import YAML

    found: dict[str, Spec] = {}
    for file in sorted(files("stead.tools").joinpath("commands").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        written = cast("Mapping[str, Any]", YAML(typ="safe").load(file.read_text(encoding="utf-8")))  # pyright: ignore[reportUnknownMemberType]
        try:
            made = tools(written)
        except ValueError as error:
            raise ValueError(f"tools/commands/{file.name}: {error}") from error
        if twice := sorted(set(made) & set(found)):
            raise ValueError(f"tools/commands/{file.name}: `{twice[0]}` is described in another file too")
        found |= made
    return found
