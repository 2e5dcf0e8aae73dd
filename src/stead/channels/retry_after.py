"""What a receiver means by `Retry-After`."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 24 * 3600.0
"""Seconds: a receiver may ask for a day, not for ever."""


def seconds_to_wait(header: str, now: datetime) -> float | None:
    """Seconds from `now` until the receiver wants to hear again, at most LONGEST; None where it did not say so intelligibly.

    The header holds seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:10]), LONGEST)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), LONGEST)
