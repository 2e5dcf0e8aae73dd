"""What a source of measures hands over, and what it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.domain.subject import Subject
from stead.estate.kubernetes.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source says of one subject: the newest sample at least, and older ones where it remembers them."""

    measure: Measure
    subject: Subject
    samples: tuple[Sample, ...]
    capacity: float
    command: str
    container: str = ""
    top: Subject | None = None


class Source(Protocol):
    """`name` is that of its blind finding · `measures` what it tells · `every` seconds between two of its samples.

    `remembers` says that each reading holds all that is known, so that nothing need be remembered here.
    `wanted` says that a person configured it: then failing is blindness from the first moment, not an add-on that is not there.
    """

    name: str
    measures: frozenset[Measure]
    every: float
    remembers: bool
    wanted: bool

    async def read(self, view: View) -> Sequence[Reading]:
        """Everything that it tells now. Raises BlindError when it could not look, AbsentError when there is no such thing here."""
        ...

    async def close(self) -> None: ...
