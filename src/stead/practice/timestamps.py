"""Times as the Kubernetes API writes them, and ages as kubectl prints them.

Source of the age format: `k8s.io/apimachinery/pkg/util/duration.HumanDuration`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache


@lru_cache(maxsize=1024)  # one instant stamps thousands of objects
def seconds(when: datetime) -> str:
    """metav1.Time: whole seconds, the fraction cut off rather than rounded."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micros(when: datetime) -> str:
    """metav1.MicroTime, as in leases and `eventTime`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def human(age: timedelta) -> str:
    """The short form of an age: `47s`, `5m12s`, `3h7m`, `2d4h`, `61d`, `2y17d`."""
    total = int(age.total_seconds())
    if total < 0:
        return "0s" if total >= -1 else "<invalid>"
    minutes, hours, days = total // 60, total // 3600, total // 86400
    forms = (
        (minutes < 2, _pair(total, "s", 0, "")),
        (minutes < 10, _pair(minutes, "m", total % 60, "s")),
        (hours < 3, _pair(minutes, "m", 0, "")),
        (hours < 8, _pair(hours, "h", minutes % 60, "m")),
        (hours < 48, _pair(hours, "h", 0, "")),
        (days < 8, _pair(days, "d", hours % 24, "h")),
        (days < 365 * 2, _pair(days, "d", 0, "")),
        (days < 365 * 8, _pair(days // 365, "y", days % 365, "d")),
    )
    return next((text for fits, text in forms if fits), f"{days // 365}y")


def _pair(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big}{big_unit}{small}{small_unit}" if small else f"{big}{big_unit}"


def since(text: str | None, now: datetime) -> str:
    """The age of an API time, or `<unknown>` when there is none."""
    return human(now - parse(text)) if text else "<unknown>"


def go_duration(span: timedelta) -> str:
    """A duration as Go prints it: `10s`, `2m40s`, `5m0s`."""
    total = int(span.total_seconds())
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
