"""A container that is held back by its own CPU limit."""

from __future__ import annotations

from datetime import datetime

from stead.checks.metrics.common import sustained
from stead.declare import gauge_check
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.gauge import Gauge, Measure

BOUND = 0.5
"""Twice the 25 % of `CPUThrottlingHigh` (kubernetes-mixin), which fires for many a program that nobody misses anything of."""


@gauge_check(Measure.CONTAINER_THROTTLED)
def container_throttled(gauge: Gauge, now: datetime) -> Finding | Progressing | None:
    """A container had to wait for CPU in more than half of its periods for 15 minutes, because of its own limit.

    It is slow while its node may be idle; its probes may time out.
    """

    def says(part: str) -> str:
        return f"container {gauge.container} of {gauge.subject.path} was held back by its CPU limit {part} of the time"

    return sustained(gauge, "periods throttled", "Throttled", now, bound=BOUND, says=says, severity=Severity.INFO)
