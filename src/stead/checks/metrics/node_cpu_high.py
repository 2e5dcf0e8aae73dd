"""A node whose processors have no time left."""

from __future__ import annotations

from datetime import datetime

from stead.checks.metrics.common import sustained
from stead.declare import gauge_check
from stead.domain.finding import Finding, Progressing
from stead.domain.gauge import Gauge, Measure


@gauge_check(Measure.NODE_CPU)
def node_cpu_high(gauge: Gauge, now: datetime) -> Finding | Progressing | None:
    """A node has used more than 90 % of the CPU that it has for pods (`status.allocatable`) for 15 minutes, as `kubectl top nodes`
    counts. What runs there waits for its turn, and probes begin to fail."""
    return sustained(gauge, "CPU", "CPUHigh", now)
