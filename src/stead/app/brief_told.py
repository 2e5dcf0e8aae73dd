"""The brief of an estate as programs and people see it."""

from __future__ import annotations

from typing import Any

from stead.app.shown import time
from stead.domain.brief import EstateBrief, markdown_of


def whole(of: EstateBrief) -> dict[str, Any]:
    return {
        "estate": of.estate,
        "markdown": markdown_of(of.sections, of.estate),
        "sections": dict(of.sections),
        "overruled": dict(of.overruled),
        "generated_at": time(of.generated_at),
        "corrected_by": of.corrected_by,
        "corrected_at": time(of.corrected_at),
    }
