"""The brief of an estate as programs and people see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stead.app.shown import time
from stead.domain.brief import EstateBrief, markdown_of
from stead.domain.ids import knowledge_number
from stead.domain.knowledge import Knowledge


def whole(of: EstateBrief, notes: Iterable[Knowledge]) -> dict[str, Any]:
    """`notes` are what the owner wrote for agents: told with it, and corrected where they stand."""
    return {
        "estate": of.estate,
        "markdown": markdown_of(of.sections, of.estate),
        "sections": dict(of.sections),
        "overruled": dict(of.overruled),
        "generated_at": time(of.generated_at),
        "corrected_by": of.corrected_by,
        "corrected_at": time(of.corrected_at),
        "notes": [{"id": knowledge_number(entry.number), "place": entry.place} for entry in notes],
    }
