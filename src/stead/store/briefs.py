"""The briefs of estates: what was generated last, and what a person has corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.brief import EstateBrief
from stead.store.codec import dumps, loads
from stead.store.tables import brief


def get(connection: sa.Connection, estate: str) -> EstateBrief:
    """An empty one where nothing was written yet."""
    row = connection.execute(sa.select(brief).where(brief.c.estate == estate)).first()
    if row is None:
        return EstateBrief(estate=estate)
    return EstateBrief(
        estate=estate,
        generated=loads(row.generated, dict[str, str]),
        generated_at=row.generated_at,
        corrected=loads(row.corrected, dict[str, str]),
        corrected_by=row.corrected_by,
        corrected_at=row.corrected_at,
    )


def generated(connection: sa.Connection, estate: str, sections: Mapping[str, str], now: datetime) -> None:
    _write(connection, estate, {"generated": dumps(dict(sections)), "generated_at": now})


def corrected(connection: sa.Connection, estate: str, sections: Mapping[str, str], by: str, now: datetime) -> None:
    """What a person says instead; nothing takes back all that was said."""
    _write(connection, estate, {"corrected": dumps(dict(sections)), "corrected_by": by, "corrected_at": now})


def _write(connection: sa.Connection, estate: str, values: dict[str, Any]) -> None:
    if connection.execute(sa.update(brief).where(brief.c.estate == estate).values(**values)).rowcount == 0:
        connection.execute(sa.insert(brief).values(estate=estate, **values))
