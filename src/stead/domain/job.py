"""A job: a schedule with what it runs; and each time that it ran, or did not, with the reason.

What is due is decided here (`due_at`): it is pure, so a week of ticks, restarts and summer time is a table of cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from stead.domain.finding import Severity
from stead.domain.run import Spent
from stead.domain.schedule import Schedule, parse_schedule

LATE = timedelta(minutes=1)
"""A tick that comes later than this was missed, and the job's misfire policy says what becomes of it (Quartz' misfireThreshold: 60 s)."""

MOST_MISSED = 1000
"""How far missed ticks are counted."""

MOST_WAITING = 10
"""Runs of one job that wait for it to end; a further one is skipped."""

SILENT = "[SILENT]"
"""What a job says that has nothing to say."""


class JobKind(StrEnum):
    """CHECK looks at what the checks know · SCRIPT runs a program · PROMPT asks an agent · REPORT tells a page."""

    CHECK = "check"
    SCRIPT = "script"
    PROMPT = "prompt"
    REPORT = "report"


class Misfire(StrEnum):
    """What becomes of ticks that came while nobody could run them: nothing, one run for all, or a run for each."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


class Overlap(StrEnum):
    """What becomes of a tick while the run before it is under way."""

    SKIP = "skip"
    QUEUE = "queue"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBudget:
    """What one run of a prompt may spend; None: as every run."""

    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None
    money: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a person wrote. `within` bounds what `misfire: all` makes up for; `deliver` names channels, none means all.

    Of a check: `checks` (none means all; `NAME/KIND`: of one kind of objects),
    `estate` ("" for all), `always` (also say that all is well, or what an incident told).
    Of a script: `script` in the folder of jobs, `arguments`, `reads`, `network`, `timeout`, `repeatable` (a crash of Stead's in the
    middle has it run again; else it ends as CUT_OFF).
    Of a prompt: `prompt`, `agent`, `goal`, `packs`, `budget`, `context_from` (a job whose last output is told), `workdir`.
    Of a report: `report`.
    """

    name: str
    kind: JobKind
    schedule: str
    timezone: str = "UTC"
    description: str = ""
    misfire: Misfire = Misfire.ONCE
    within: timedelta = timedelta(days=1)
    overlap: Overlap = Overlap.SKIP
    deliver: tuple[str, ...] = ()
    severity: Severity = Severity.INFO
    timeout: timedelta = timedelta(minutes=5)
    checks: tuple[str, ...] = ()
    estate: str = ""
    always: bool = False
    script: str = ""
    arguments: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    network: bool = False
    repeatable: bool = False
    prompt: str = ""
    agent: str = ""
    goal: str = ""
    packs: tuple[str, ...] = ()
    budget: PromptBudget = field(default_factory=PromptBudget)
    context_from: str = ""
    workdir: str = ""
    report: str = ""

    def when(self) -> Schedule:
        """ValueError where what is written is no schedule (any more)."""
        return parse_schedule(self.schedule, self.timezone)


class Origin(StrEnum):
    """DECLARED in the configuration, whose word holds · SEEDED from it once · STOCK comes with Stead · OWN was applied by somebody."""

    DECLARED = "declared"
    SEEDED = "seeded"
    STOCK = "stock"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job as it is in force. `written` is what its `source` (a file) says of it; it has drifted where the two differ.

    `next_at` None: it is paused, or never comes again. `trouble` is what was last told to be wrong with it, "" while nothing is;
    `trouble_run` the run that told it.
    """

    job: Job
    origin: Origin
    source: str = ""
    written: Job | None = None
    next_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str = ""
    changed_at: datetime
    changed_by: str = ""
    trouble: str = ""
    trouble_run: int = 0

    @property
    def drifted(self) -> bool:
        return self.written is not None and self.written != self.job


class JobState(StrEnum):
    """How a run is, or ended. WAITING for the one before it · QUEUED to begin · BLIND could not look · CUT_OFF: Stead died
    while its program ran, so what it did is not known · MISSED and SKIPPED never ran."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLIND = "blind"
    CUT_OFF = "cut_off"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    MISSED = "missed"


UNDER_WAY = (JobState.WAITING, JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One time. `due` is the tick, `asked_by` who wanted it besides the schedule; `missed` ticks before it had no run of their own.

    `output` is what it said, redacted and cut; `exit` a program's; `run` the number of the agent's run; `spent` what that cost.
    `silent` is why nothing was told, "" where something was; `note` what else is to be known of its end.
    """

    number: int
    job: str
    due: datetime
    state: JobState
    asked_by: str = ""
    dry_run: bool = False
    missed: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    exit: int | None = None
    output: str = ""
    silent: str = ""
    note: str = ""
    run: int = 0
    tainted: bool = False
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What becomes of a due time: whether it runs, how many ticks have no run of their own, and when the next one is due."""

    runs: bool
    missed: int = 0
    next_at: datetime | None = None


def due_at(job: Job, schedule: Schedule, due: datetime, now: datetime) -> Tick:
    """`due` is a tick that has come by `now`. Ticks are in order, and each is handed in once."""
    if now - due <= LATE:
        return Tick(runs=True, next_at=schedule.next_after(due))
    match job.misfire:
        case Misfire.SKIP:
            return Tick(runs=False, missed=_count(schedule, due, now), next_at=schedule.next_after(now))
        case Misfire.ONCE:
            return Tick(runs=True, missed=_count(schedule, due, now) - 1, next_at=schedule.next_after(now))
        case Misfire.ALL:
            since = now - job.within
            if due >= since:
                return Tick(runs=True, next_at=schedule.next_after(due))
            just_before = since - timedelta(microseconds=1)
            return Tick(runs=False, missed=_count(schedule, due, just_before), next_at=schedule.next_after(just_before))


def _count(schedule: Schedule, due: datetime, until: datetime) -> int:
    """Ticks from `due` on that have come by `until`, at most MOST_MISSED."""
    count, at = 0, schedule.next_after(due - timedelta(microseconds=1))
    while at is not None and at <= until and count < MOST_MISSED:
        count, at = count + 1, schedule.next_after(at)
    return max(count, 1)
