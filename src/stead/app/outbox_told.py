"""The outbox as programs and people see it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from stead.app.shown import time
from stead.domain.delivery import Delivery
from stead.domain.ids import delivery_number, incident_number
from stead.store import deliveries

Json = dict[str, Any]

MOST_DEAD = 5


def row(of: Delivery) -> Json:
    return {
        "id": delivery_number(of.id),
        "number": of.id,
        "state": of.state.value,
        "channel": of.channel,
        "incident": incident_number(of.incident) if of.incident else "",
        "because": of.because.value,
        "title": of.message.title,
        "attempts": of.attempts,
        "error": of.error,
        "created_at": time(of.created_at),
    }


def rows(connection: sa.Connection, everything: bool) -> list[Json]:
    """What waits to leave or was given up on; with `everything` what left, was held or dropped, too, newest first."""
    return [row(found) for found in deliveries.unfinished(connection, everything=everything)]


def dead(connection: sa.Connection) -> list[Json]:
    """The newest that were given up on."""
    return [row(found) for found in deliveries.dead(connection, MOST_DEAD)]
