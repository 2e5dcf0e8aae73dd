"""What the work of a job came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from stead.domain.delivery import Message
from stead.domain.finding import Severity
from stead.domain.job import JobState
from stead.domain.run import Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """`text` is what it said, its first line the title; `message` instead, where it made a page of its own.

    `silent` is why there is nothing to tell, "" where there is; `severity` None: the job's own.
    """

    state: JobState
    text: str
    silent: str = ""
    note: str = ""
    exit: int | None = None
    severity: Severity | None = None
    message: Message | None = None
    tainted: bool = False
    run: int = 0
    spent: Spent = field(default_factory=Spent)
