"""Times as a request gives them: a moment, or how long from a start."""

from __future__ import annotations

from datetime import UTC, datetime

from stead.app.durations import parse_duration
from stead.gateway.errors import ApiError


def moment(text: str) -> datetime:
    """RFC 3339; without an offset UTC is meant. ApiError 400 for anything else."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ApiError(400, f"`{text}` is not a date and time", "write 2026-12-01T20:00:00Z") from error


def end_of(until: str | None, lasts: str | None, start: datetime, *, named: str) -> datetime | None:
    """The end that a request names, by a moment (its key is `named`) or by `for`; None for neither. ApiError 400 for both."""
    if lasts is not None and until is not None:
        raise ApiError(400, f"there is `for` or `{named}`, not both")
    if lasts is None:
        return None if until is None else moment(until)
    try:
        return start + parse_duration(lasts)
    except (ValueError, OverflowError) as error:
        raise ApiError(400, f"`for` {error}") from error
