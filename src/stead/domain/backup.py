"""The last good backup of a volume: what a person wants to know before something that cannot be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

RULE = "last-backup"
"""The rule that decisions name where a backup is too old, or missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Of the volume `of` (`db/data-0`): `at` is when its last good backup was complete, `by` what made it.

    `at` None: there is none; or nobody can say, and `unknown` says why. Unknown is never the same as fine, nor as missing.
    """

    of: str
    at: datetime | None = None
    by: str = ""
    unknown: str = ""

    def lacks(self, now: datetime, most: timedelta) -> str:
        """Why a person has to look first: it is older than `most`, or there is none; "" otherwise."""
        if self.unknown:
            return ""
        if self.at is None:
            return f"the volume {self.of} has no backup that Stead can find"
        return f"the last backup of the volume {self.of} is {_age(now - self.at)} old" if now - self.at > most else ""

    def line(self, now: datetime, most: timedelta) -> str:
        """For whoever is asked."""
        if self.unknown:
            return f"Last backup of the volume {self.of}: unknown, {self.unknown}."
        if self.at is None:
            return f"Last backup of the volume {self.of}: none that Stead can find."
        late = f", older than the {_age(most)} that the policy wants" if now - self.at > most else ""
        return f"Last backup of the volume {self.of}: {_age(now - self.at)} ago ({self.by}){late}."


def _age(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 100:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 50 else f"{round(hours / 24)} days"
