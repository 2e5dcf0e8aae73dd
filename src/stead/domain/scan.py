"""What one pass over an estate saw: the answer of `stead check` before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stead.domain.finding import Finding


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
