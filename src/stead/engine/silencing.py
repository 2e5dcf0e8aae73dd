"""Silences made and ended by people: a row, an event, and at once a look at what that mutes or lets speak."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from stead.domain.errors import Exit, UserError
from stead.domain.ids import silence_number
from stead.domain.matching import Matchers
from stead.domain.muting import Origin, Silence, SilenceState
from stead.domain.people import Principal, Role
from stead.engine import mutes
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import events, silences

LONGEST = timedelta(days=3660)
"""A silence that is meant for ever has no end; one of more than ten years is a slip of the hand."""


def silence(
    connection: sa.Connection,
    journey: Journey,
    *,
    matchers: Matchers,
    by: Principal,
    comment: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None,
) -> Silence:
    """Hear nothing of what matches from `starts_at` (None: now) to `ends_at` (None: until it is expired).

    UserError for times that cannot be.
    """
    _may(by)
    now = journey.now()
    begins = max(starts_at or now, now)
    if ends_at is not None and ends_at <= begins:
        raise UserError("the silence would end before it begins; nothing was changed", hint="give a later end, like --for 2h")
    if begins - now > LONGEST or (ends_at is not None and ends_at - now > LONGEST):
        raise UserError("the silence would last more than ten years; nothing was changed", hint="leave the end out for one without an end")
    added = add(connection, journey, matchers, author=str(by), comment=comment, starts_at=begins, ends_at=ends_at)
    mutes.review_all(connection, journey)
    fault_point("silencing.before-commit")
    return added


def add(
    connection: sa.Connection,
    journey: Journey,
    matchers: Matchers,
    *,
    author: str,
    comment: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    origin: Origin = Origin.PERSON,
) -> Silence:
    """Store it and record that. Whoever calls has the mutes looked at afterwards."""
    now = journey.now()
    added = silences.add(
        connection,
        matchers=matchers,
        author=author,
        comment=comment,
        now=now,
        starts_at=starts_at or now,
        ends_at=ends_at,
        origin=origin,
    )
    _record(connection, journey, "silence.added", added, author)
    return added


def expire(connection: sa.Connection, journey: Journey, number: int, *, by: Principal) -> Silence:
    """End it now. UserError when there is none, or it has ended already."""
    _may(by)
    found = silences.find(connection, number)
    if found is None:
        raise UserError(f"there is no silence {silence_number(number)}", hint="`stead silence list` shows them", code=Exit.NEGATIVE)
    if found.state(journey.now()) is SilenceState.EXPIRED:
        raise UserError(f"silence {silence_number(number)} has ended already; nothing was changed", code=Exit.REFUSED)
    end(connection, journey, found, str(by))
    mutes.review_all(connection, journey)
    return silences.find(connection, number) or found


def end(connection: sa.Connection, journey: Journey, found: Silence, by: str) -> None:
    """Have it end now and record that. Whoever calls has the mutes looked at afterwards."""
    if silences.end(connection, found.number, journey.now()):
        _record(connection, journey, "silence.expired", found, by)


def _may(by: Principal) -> None:
    if not by.may(Role.APPROVER):
        raise UserError(f"{by} may not silence anything", hint="use a token with the scope `approve`", code=Exit.REFUSED)


def _record(connection: sa.Connection, journey: Journey, name: str, of: Silence, by: str) -> None:
    data = {
        "silence": silence_number(of.number),
        "matchers": str(of.matchers),
        "comment": of.comment,
        "by": by,
        "starts_at": of.starts_at.isoformat(),
        "ends_at": of.ends_at.isoformat() if of.ends_at else "",
    }
    events.record(connection, name, at=journey.now(), estate="", data=data)
