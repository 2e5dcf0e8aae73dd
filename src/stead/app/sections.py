"""What every part of the configuration shares."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
"""An RFC 1123 label, Kubernetes' own rule for names."""


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, values do not change, and errors never repeat what was written."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


def a_path(given: object, info: ValidationInfo) -> Path:
    """A path that was written. ValueError for what is none."""
    if isinstance(given, Path):
        return given
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        raise ValueError("is not a path")
    context = cast(dict[str, Path], info.context or {})
    try:
        return context.get("folder", Path()) / Path(given).expanduser()
    except RuntimeError as error:
        raise ValueError("begins with the home folder of a user who is not known here") from error


FilePath = Annotated[Path, PlainValidator(a_path), PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string"})]
"""A path; `~` is the home folder, and a relative one starts at the folder of the configuration file."""


_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,252}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9_.-]{1,15})?")
"""A name or an address, IPv6 without brackets. It never begins with `-`, so no program takes it for an option."""


def _a_host(given: str) -> str:
    if not _HOST.fullmatch(given):
        raise ValueError("is not the name or address of a host")
    return given


HostName = Annotated[str, AfterValidator(_a_host)]
