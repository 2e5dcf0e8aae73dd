"""A volume that is nearly full, or soon will be."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.metrics.common import amount, percent, span
from stead.declare import gauge_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.gauge import Gauge, Measure
from stead.domain.series import growth, time_to_full

WARN, CRITICAL = 0.85, 0.95
"""Parts in use above which it is a warning, and critical: as for a host's file systems."""
SOON, NOW_OR_NEVER = timedelta(hours=24), timedelta(hours=4)
"""Full within a day is a warning even far below the bound, within four hours critical: a person needs that long."""
FROM = 0.5
"""A volume that is emptier than this is not foretold: the first hours of a new database grow like nothing later does."""


@gauge_check(Measure.VOLUME_BYTES, Measure.VOLUME_INODES)
def volume_filling(gauge: Gauge, now: datetime) -> Finding | None:  # noqa: ARG001 - full is full at any time
    """A volume is more than 85 % full (critical above 95 %), or will be full within a day (critical: within 4 hours) if it goes on growing.

    The forecast is the lower quartile of how it has grown, so that a burst is no trend; it needs half an hour of history and half a volume.
    """
    left = time_to_full(gauge.series, gauge.capacity) if gauge.part > FROM else None
    soon = left is not None and left < SOON
    if gauge.part <= WARN and not soon:
        return None
    what = "inodes" if gauge.measure is Measure.VOLUME_INODES else "space"
    critical = gauge.part > CRITICAL or (left is not None and left < NOW_OR_NEVER)
    ends = f", and is full in {span(left)} if that goes on" if left is not None and soon else ""
    claim = gauge.subject
    return Finding(
        check="",
        subject=claim,
        reason="InodesFull" if gauge.measure is Measure.VOLUME_INODES else "VolumeFull",
        summary=f"volume {claim.namespace}/{claim.name} has used {percent(gauge.part)} of its {what}{ends}",
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        evidence=_seen(gauge, what),
    )


def _seen(gauge: Gauge, what: str) -> tuple[Evidence, ...]:
    last = gauge.series.last
    amounts = f"{_size(gauge, last.value if last else 0.0)} of {_size(gauge, gauge.capacity)}"
    used = Evidence(what=f"{what} in use", value=amounts, command=gauge.command)
    speed = growth(gauge.series)
    if not speed or speed < 0:
        return (used,)
    return (used, Evidence(what="grows by", value=f"{_size(gauge, speed * 3600)} an hour", command=gauge.command))


def _size(gauge: Gauge, value: float) -> str:
    return f"{value:.0f}" if gauge.measure is Measure.VOLUME_INODES else amount(value)
