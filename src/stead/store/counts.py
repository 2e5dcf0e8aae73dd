"""How many of what there are: the numbers behind `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from stead.store.tables import approval, delivery, event, finding, incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Incidents, deliveries and approvals by state; open findings by (state, severity); `events` ever recorded."""

    incidents: dict[str, int]
    deliveries: dict[str, int]
    approvals: dict[str, int]
    findings: dict[tuple[str, str], int]
    events: int


def count(connection: sa.Connection) -> Counts:
    return Counts(
        incidents=_by_state(connection, incident),
        deliveries=_by_state(connection, delivery),
        approvals=_by_state(connection, approval),
        findings=_open_findings(connection),
        events=connection.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0,
    )


def _by_state(connection: sa.Connection, table: sa.Table) -> dict[str, int]:
    query = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def _open_findings(connection: sa.Connection) -> dict[tuple[str, str], int]:
    query = (
        sa.select(finding.c.state, finding.c.severity, sa.func.count())
        .where(finding.c.closed_at.is_(None))
        .group_by(finding.c.state, finding.c.severity)
    )
    return {(state, severity): number for state, severity, number in connection.execute(query)}
