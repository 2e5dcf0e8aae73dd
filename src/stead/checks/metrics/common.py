"""What the checks of measures share: amounts in words, and bounds that must be passed for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.gauge import Gauge

SUSTAINED = timedelta(minutes=15)
"""How long it must be above its bound: a backup or a build keeps a node busy for minutes, and is no fault."""
HIGH = 0.90
"""The part of a node's CPU or memory above which it is a fault when it stays so: the bound that people expect (> 90 % sustained)."""

_GAP = 3.5
"""How many readings may be missing in a row before nobody can say that it stayed so."""


def percent(part: float) -> str:
    return f"{part * 100:.0f} %"


def amount(size: float) -> str:
    """Bytes as a person reads them: 1.5 GiB."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("the last unit takes everything")


def span(left: timedelta) -> str:
    """How long that is, in the largest unit that is worth saying: `40 minutes`, `7 hours`, `3 days`."""
    minutes = max(0, round(left.total_seconds() / 60))
    if minutes < 90:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes / 60:.0f} hours" if minutes < 48 * 60 else f"{minutes / 60 / 24:.0f} days"


def sustained(
    gauge: Gauge,
    what: str,
    reason: str,
    now: datetime,
    *,
    bound: float = HIGH,
    says: Callable[[str], str] | None = None,
    severity: Severity = Severity.WARNING,
) -> Finding | Progressing | None:
    """A fault once the gauge has been above `bound` for `SUSTAINED`; before that it may still pass.

    `says` makes the summary from the newest value; None: it is a node that has used so much of its `what`.
    """
    since = gauge.series.above_since(bound * gauge.capacity, timedelta(seconds=_GAP * gauge.every))
    last = gauge.series.last
    if since is None or last is None:
        return None
    finding = Finding(
        check="",
        subject=gauge.subject,
        top=gauge.top,
        container=gauge.container,
        reason=reason,
        summary=says(percent(gauge.part)) if says else f"node {gauge.subject.name} has used {percent(gauge.part)} of its {what}",
        severity=severity,
        evidence=(Evidence(what=f"{what} in use", value=percent(gauge.part), command=gauge.command),),
        since=since,
    )
    # Judged by the samples' own times: what was measured late was late then, too.
    missing = SUSTAINED - (last.at - since)
    return finding if missing <= timedelta(0) else Progressing(until=max(now, last.at) + missing, finding=finding)
