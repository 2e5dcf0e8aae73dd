"""A container that is about to be killed for its memory."""

from __future__ import annotations

from datetime import datetime

from stead.checks.metrics.common import sustained
from stead.declare import gauge_check
from stead.domain.finding import Finding, Progressing
from stead.domain.gauge import Gauge, Measure

BOUND = 0.95
"""Above the 90 % of a node: a program that sizes itself by its limit (a JVM, a database's cache) lives at 90 % and is well."""


@gauge_check(Measure.CONTAINER_MEMORY)
def container_memory_high(gauge: Gauge, now: datetime) -> Finding | Progressing | None:
    """A container has used more than 95 % of its memory limit for 15 minutes (the working set, as `kubectl top pods` counts).

    A little more, and the kernel kills it (`OOMKilled`).
    """

    def says(used: str) -> str:
        return f"container {gauge.container} of {gauge.subject.path} has used {used} of its memory limit"

    return sustained(gauge, "memory limit", "MemoryNearLimit", now, bound=BOUND, says=says)
