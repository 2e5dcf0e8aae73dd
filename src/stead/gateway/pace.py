"""How fast one sender may send: a bucket that holds a minute's worth and fills steadily. Nothing is kept of those who are slow."""

from __future__ import annotations

from datetime import datetime

MOST_SENDERS = 4096
"""Senders that are remembered; the oldest is forgotten, and begins with a full bucket again."""


class Pace:
    """Admits `per_minute` requests of each sender, all at once or spread."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._senders: dict[str, tuple[float, datetime]] = {}

    def wait(self, sender: str, now: datetime) -> float:
        """0 when the request is admitted, else the seconds after which the next one will be."""
        left, then = self._senders.pop(sender, (float(self._per_minute), now))
        passed = max((now - then).total_seconds(), 0.0)
        left = min(left + passed * self._per_minute / 60, float(self._per_minute))
        admitted = left >= 1
        self._senders[sender] = (left - 1 if admitted else left, now)
        if len(self._senders) > MOST_SENDERS:
            del self._senders[next(iter(self._senders))]
        return 0.0 if admitted else (1 - left) * 60 / self._per_minute
