"""An Incident: findings that share a cause, and how far its cure has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.finding import Severity
from stead.domain.muting import Mute


class IncidentState(StrEnum):
    """RESOLVED and ESCALATED are ends; a resolved one that returns within the window is reopened as a new episode."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    AWAITING_APPROVAL = "awaiting_approval"
    FIXING = "fixing"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`cause` is the fingerprint of the finding that explains the others; `episode` counts its returns, from 1.

    `impact` says why it is as severe as it is · `muted` why nothing is said of it, () while it may speak · `flapping_since` is set
    while it comes and goes too often to be called over.
    """

    number: int
    estate: str
    state: IncidentState
    severity: Severity
    title: str
    cause: str
    episode: int
    opened_at: datetime
    closed_at: datetime | None = None
    impact: str = ""
    muted: tuple[Mute, ...] = ()
    flapping_since: datetime | None = None
