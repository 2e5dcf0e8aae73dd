"""What woke whoever proposes an action: the field `trigger` of policy."""

from __future__ import annotations

from enum import StrEnum

from stead.domain.alert import heard
from stead.domain.heartbeat import CHECK


class Woke(StrEnum):
    """CHECK: one of Stead's own saw it first · ALERT: somebody else's system told it first, by a hook · HEARTBEAT: a report did not come ·
    PERSON: somebody asked for it."""

    CHECK = "check"
    ALERT = "alert"
    HEARTBEAT = "heartbeat"
    PERSON = "person"


def woke(check: str) -> Woke:
    """By the check, or the hook and alert, whose finding came first."""
    if check.startswith(f"{CHECK}/"):
        return Woke.HEARTBEAT
    return Woke.ALERT if heard(check) else Woke.CHECK
