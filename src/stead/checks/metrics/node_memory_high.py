"""A node whose memory is nearly used up."""

from __future__ import annotations

from datetime import datetime

from stead.checks.metrics.common import sustained
from stead.declare import gauge_check
from stead.domain.finding import Finding, Progressing
from stead.domain.gauge import Gauge, Measure


@gauge_check(Measure.NODE_MEMORY)
def node_memory_high(gauge: Gauge, now: datetime) -> Finding | Progressing | None:
    """A node has used more than 90 % of the memory that it has for pods (`status.allocatable`) for 15 minutes, as `kubectl top nodes`
    counts (the working set: page cache that can be given back is not in it). The kubelet will evict pods soon."""
    return sustained(gauge, "memory", "MemoryHigh", now)
