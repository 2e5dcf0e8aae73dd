"""Being away: who says so is told nothing until then, escalations pass them over, and what was for them alone is told elsewhere."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from stead.domain.errors import Exit, UserError
from stead.domain.people import Principal, Role
from stead.engine import keeping
from stead.engine.journey import Journey
from stead.store import away, events


def leave(connection: sa.Connection, journey: Journey, receiver: str, until: datetime, *, by: Principal) -> None:
    """Nothing for this receiver until then. UserError for one that is none, or a time that has passed."""
    _may(by)
    known = sorted({*journey.channels, *journey.routing.receivers})
    if receiver not in known:
        raise UserError(f"there is no receiver `{receiver[:60]}`", hint=f"there are {', '.join(known)}", code=Exit.NEGATIVE)
    if until <= journey.now():
        raise UserError("the time until which they are away has passed; nothing was changed", hint="give a later one, like --for 3d")
    away.leave(connection, receiver, until, str(by))
    _record(connection, journey, "receiver.away", {"receiver": receiver, "until": until.isoformat(), "by": str(by)})
    keeping.come_back(connection, journey)


def back(connection: sa.Connection, journey: Journey, receiver: str, *, by: Principal) -> None:
    """They are back: what waited for them is told. UserError when they were not away."""
    _may(by)
    if not away.back(connection, receiver):
        raise UserError(f"`{receiver[:60]}` is not away; nothing was changed", hint="`stead away list` shows who is", code=Exit.REFUSED)
    _record(connection, journey, "receiver.back", {"receiver": receiver, "by": str(by)})
    keeping.come_back(connection, journey)


def _may(by: Principal) -> None:
    if not by.may(Role.APPROVER):
        raise UserError(f"{by} may not say who is away", hint="use a token with the scope `approve`", code=Exit.REFUSED)


def _record(connection: sa.Connection, journey: Journey, name: str, data: dict[str, str]) -> None:
    events.record(connection, name, at=journey.now(), estate="", data=data)
