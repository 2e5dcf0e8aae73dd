"""A person's yes, or no, to one exact action."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.action import Action


class ApprovalState(StrEnum):
    """VOID: what it was about has moved. EXPIRED: nobody answered in time."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    VOID = "void"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`digest` binds the action as it was shown; `rules` are those that asked for a person.

    `people` must say yes, each another one; `first_by` is who has, where one more is wanted · `preview` is what would change, a line each.
    """

    number: int
    action: Action
    digest: str
    rules: tuple[str, ...]
    asked_at: datetime
    expires_at: datetime
    state: ApprovalState = ApprovalState.PENDING
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    people: int = 1
    first_by: str = ""
    preview: tuple[str, ...] = ()

    @property
    def nonce(self) -> str:
        """Ten hexadecimal digits that tell this question from another one of its number, as after the store was made anew."""
        return hashlib.sha256(f"{self.number}:{self.digest}:{self.asked_at.isoformat()}".encode()).hexdigest()[:10]
