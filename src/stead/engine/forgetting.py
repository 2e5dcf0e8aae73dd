"""Forgetting: what has ended and is old is deleted, a little at a time, so that a service that runs for years does not fill its disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from stead.engine.journey import Journey
from stead.store import retention


async def forget_old(journey: Journey) -> int:
    """Delete triggers older than `keep_finished` and records older than `keep_records`; how many rows of each kind, added up."""
    now, timing = journey.now(), journey.timing
    total = await _forget(journey, retention.forget_triggers, now - timing.keep_finished)
    for rule in retention.RECORDS:
        total += await _forget(journey, rule, now - timing.keep_records)
    return total


async def _forget(journey: Journey, rule: Callable[[sa.Connection, datetime], int], before: datetime) -> int:
    """Each batch is a transaction of its own: between two, others write."""
    total, last = 0, retention.MOST
    while last == retention.MOST:
        last = await journey.store.run(rule, before)
        total += last
    return total
