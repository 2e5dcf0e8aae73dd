"""When somebody does not want to be told at once: quiet hours, being away, and who reads a digest instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stead.domain.finding import Severity
from stead.domain.windows import Window


class KeptFor(StrEnum):
    """Why something waits to be told together with other things."""

    QUIET = "quiet"
    AWAY = "away"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Told together: each time that `times` begins, or else every `every`, counted from midnight UTC."""

    every: timedelta = timedelta(hours=1)
    times: Window | None = None

    def after(self, moment: datetime) -> datetime:
        """The first digest after `moment`."""
        if self.times is None:
            midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
            return midnight + ((moment - midnight) // self.every + 1) * self.every
        edge = self.times.next_edge(moment)
        while edge is not None and not self.times.holds(edge):
            edge = self.times.next_edge(edge)
        return edge or moment + self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Of one receiver. `unless`: from this severity on, quiet hours do not hold; None: they always do."""

    quiet: tuple[Window, ...] = ()
    unless: Severity | None = Severity.CRITICAL
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Kept for `receiver` until then."""

    why: KeptFor
    receiver: str
    until: datetime

    @property
    def key(self) -> str:
        return f"{self.why}:{self.receiver}"

    def __str__(self) -> str:
        said = {
            KeptFor.QUIET: f"quiet hours of {self.receiver}",
            KeptFor.AWAY: f"{self.receiver} is away",
            KeptFor.DIGEST: f"{self.receiver} reads a digest",
        }[self.why]
        return f"{said}: told at {self.until:%Y-%m-%d %H:%M} UTC"


def kept(receiver: str, habits: Habits, away: Mapping[str, datetime], severity: Severity, now: datetime) -> Kept | None:
    """Why this receiver is not told something of this severity at once; None where they are."""
    until = away.get(receiver)
    if until is not None and until > now:
        return Kept(KeptFor.AWAY, receiver, until)
    if habits.digest is not None:
        return Kept(KeptFor.DIGEST, receiver, habits.digest.after(now))
    if habits.unless is not None and severity.rank >= habits.unless.rank:
        return None
    ends = _quiet_until(habits.quiet, now)
    return None if ends is None else Kept(KeptFor.QUIET, receiver, ends)


def _quiet_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """When it will be over; windows that touch are one quiet time. None when it is not quiet."""
    until: datetime | None = None
    for _ in range(len(windows) + 1):
        ends = [end for window in windows if (end := window.ends(until or now)) is not None]
        if not ends:
            break
        until = max(ends)
    return until
