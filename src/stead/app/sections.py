"""What every part of the configuration shares."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
"""An RFC 1123 label, Kubernetes' own rule for names."""


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, values do not change, and errors never repeat what was written."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
