"""What one pass over an estate saw, and what is known of one object: the answers of `stead check` and `why-not` before they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stead.domain.finding import Finding
from stead.domain.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """`findings` firing and progressing; `blind` what was configured or seen before and could not be looked at.

    `counts` objects read per kind · `not_covered` kinds or APIs that are absent or opted out: they change no colour and no exit
    code · `seconds` wall time · `bytes` and `requests` on the wire (0 for a dump) · `now` the time that the checks were given.
    """

    now: datetime
    findings: tuple[Finding, ...] = ()
    blind: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    not_covered: tuple[str, ...] = ()
    seconds: float = 0.0
    bytes: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one check last said of objects of one kind: a finding of one of them (`until` it may still come right), else that it looked
    at `looked_at` of them. `blind` says that it could not see all that it needs."""

    check: str
    kind: str
    looked_at: int
    finding: Finding | None = None
    until: datetime | None = None
    blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an estate knows of the objects of one name: `subjects` those that exist, `words` of the checks that look at them and their pods,
    `blind` the kinds that cannot be seen and why, `not_covered` those whose API is absent."""

    subjects: tuple[Subject, ...] = ()
    words: tuple[Word, ...] = ()
    blind: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
