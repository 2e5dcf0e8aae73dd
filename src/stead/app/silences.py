"""Silences, and what waits for a choice, as programs and people see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.app.answers import incident_row
from stead.app.muting_settings import matchers_of
from stead.app.shown import time
from stead.domain.errors import UserError
from stead.domain.ids import silence_number
from stead.domain.incident import Incident
from stead.domain.matching import Matchers
from stead.domain.muting import Silence
from stead.engine import adoption
from stead.engine.journey import Journey
from stead.store import silences


def wanted(texts: Sequence[str]) -> Matchers:
    """What somebody wants to silence. UserError for matchers that are none."""
    try:
        return matchers_of(texts)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        shown = ", ".join(texts)
        raise UserError(f"`{shown[:200]}` {what}", hint=hint) from None


def silence(of: Silence, now: datetime) -> dict[str, Any]:
    return {
        "id": silence_number(of.number),
        "number": of.number,
        "state": of.state(now).value,
        "matchers": [str(matcher) for matcher in of.matchers.all_of],
        "author": of.author,
        "comment": of.comment,
        "origin": of.origin.value,
        "created_at": time(of.created_at),
        "starts_at": time(of.starts_at),
        "ends_at": time(of.ends_at),
    }


def adoption_list(connection: sa.Connection, journey: Journey) -> list[dict[str, Any]]:
    """The incidents that wait for a person's choice since Stead came."""
    return incident_rows(connection, adoption.waiting(connection, journey))


def incident_rows(connection: sa.Connection, found: Sequence[Incident]) -> list[dict[str, Any]]:
    return [incident_row(connection, incident) for incident in found]


def silence_list(connection: sa.Connection, now: datetime, everything: bool) -> list[dict[str, Any]]:
    return [silence(found, now) for found in silences.listed(connection, now, everything=everything)]
