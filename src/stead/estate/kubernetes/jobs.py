"""How a Job stands, by its conditions (batch/v1 JobStatus)."""

from __future__ import annotations

from stead.estate.kubernetes.live import condition, number, text
from stead.ports import Object


def failed(job: Object) -> bool:
    return text(condition(job, "Failed"), "status") == "True"


def complete(job: Object) -> bool:
    return text(condition(job, "Complete"), "status") == "True"


def running(job: Object) -> bool:
    """Whether it still has pods, or may start some."""
    return number(job, "status", "active") > 0 or not (failed(job) or complete(job))
