"""What every toolset's part of the configuration shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict


class ToolSection(BaseModel):
    """Unknown keys are refused, values do not change, and errors never repeat what was written."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _a_server(given: str) -> str:
    try:
        parts = urlsplit(given)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is not an http:// or https:// address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an http:// or https:// address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or a password; give a `token` by reference")
    return given.rstrip("/")


ServerUrl = Annotated[str, AfterValidator(_a_server)]
"""The address of a server, without a password and without a slash at its end."""


def _a_file(given: Path) -> Path:
    path = given.expanduser()
    if not path.is_absolute():
        raise ValueError("is not an absolute path; write /etc/… or ~/…")
    return path


LocalFile = Annotated[Path, AfterValidator(_a_file)]
"""A path on this machine, absolute or in the home folder."""
