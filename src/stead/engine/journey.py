"""What every stage is handed: the store, the clock, the shelves and the world."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from stead.declare import Playbook, Toolset, Verb
from stead.domain.agent import Soul
from stead.domain.autonomy import Levels
from stead.domain.backup import Backup
from stead.domain.budget import Budgets
from stead.domain.change import Change
from stead.domain.escalation import Ladder
from stead.domain.goal import Goal, PackLook
from stead.domain.heartbeat import Heartbeat
from stead.domain.impact import SeverityRule
from stead.domain.job import Job
from stead.domain.muting import Inhibition
from stead.domain.never import OWN_NAMESPACES
from stead.domain.people import Person
from stead.domain.policy import Policy
from stead.domain.redaction import redact
from stead.domain.routing import Routing
from stead.domain.run import Budget
from stead.domain.timing import Timing
from stead.domain.windows import Window
from stead.engine.calls import Calls
from stead.engine.underway import Underway
from stead.ports import Channel, Clock, Completed, Estate, Models, Object
from stead.store.database import Store
from stead.store.queue import Queue

T = TypeVar("T")
_EVER = datetime.min.replace(tzinfo=UTC)


def _nothing(_job: Job) -> str:
    return ""


async def _nobody(_: Estate, __: Object) -> str:
    return ""


async def _no_volumes(_: Estate, __: Object) -> tuple[Backup, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Journey:
    """One Stead's insides. `policy()` gives the policy of this moment: it is asked again right before an action.

    `kept_by(estate, object)` says who keeps a live object as Git has it, as a clause; "" for nobody. `backups_of(estate, object)` tells the
    last backup of each volume that it uses.

    `souls()` and `goals()` are the agents and goals of this moment, by slug: a run begins with what its agent is then.

    `models` None: nobody thinks beyond checks and playbooks. A run may spend `run_budget`, and an episode has `incident_runs` of them;
    `budgets` hold for more than one run. `memory_review`, `skill_review`: what a model wants to remember, or says of how something is done,
    waits for a person. `debrief_solved`: an incident that was solved becomes the draft of a runbook by itself.

    `heartbeats` are what should report, by name; nobody could before `listening_since`.
    `run_script` runs a job's program, None where no folder of jobs is configured; `read_workdir` gives the words that lie in a job's
    working folder; `packs` are the shipped context packs; `changes` gives what was changed since a moment, None without a history;
    `underway` the runs of jobs that are at work here, `calls` what is being asked of models.

    Estates and channels live on `loop`; the durable engine runs workflows on a loop of its own, and reaches them through `there`.
    """

    store: Store
    queue: Queue
    clock: Clock
    loop: asyncio.AbstractEventLoop
    policy: Callable[[], Policy]
    souls: Callable[[], Mapping[str, Soul]]
    goals: Callable[[], Mapping[str, Goal]]
    timing: Timing = field(default_factory=Timing)
    estates: Mapping[str, Estate] = field(default_factory=dict[str, Estate])
    verbs: Mapping[str, Verb] = field(default_factory=dict[str, Verb])
    kept_by: Callable[[Estate, Object], Awaitable[str]] = _nobody
    backups_of: Callable[[Estate, Object], Awaitable[tuple[Backup, ...]]] = _no_volumes
    playbooks: Sequence[Playbook] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict[str, Channel])
    ladders: Sequence[Ladder] = ()
    routing: Routing = field(default_factory=Routing)
    people: Sequence[Person] = ()
    most_a_minute: Mapping[str, int] = field(default_factory=dict[str, int])
    windows: Sequence[Window] = ()
    inhibitions: Sequence[Inhibition] = ()
    models: Models | None = None
    toolsets: Sequence[Toolset] = ()
    redact: Callable[[str], str] = redact
    autonomy: Levels = field(default_factory=Levels)
    own_namespaces: Collection[str] = OWN_NAMESPACES
    run_budget: Budget = field(default_factory=Budget)
    incident_runs: int = 3
    memory_review: bool = True
    skill_review: bool = False
    debrief_solved: bool = False
    budgets: Budgets = field(default_factory=Budgets)
    severity_rules: Sequence[SeverityRule] = ()
    heartbeats: Mapping[str, Heartbeat] = field(default_factory=dict[str, Heartbeat])
    listening_since: datetime = _EVER
    run_script: Callable[[Job], Awaitable[Completed]] | None = None
    read_workdir: Callable[[Job], str] = _nothing
    packs: Mapping[str, Sequence[PackLook]] = field(default_factory=dict[str, Sequence[PackLook]])
    changes: Callable[[datetime], Sequence[Change]] | None = None
    underway: Underway = field(default_factory=Underway)
    calls: Calls = field(default_factory=Calls)

    def now(self) -> datetime:
        return self.clock.now()

    async def there(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await `work()` on the loop on which estates and channels live, from whichever loop this is."""

        async def run() -> T:
            return await work()

        if asyncio.get_running_loop() is self.loop:
            return await run()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), self.loop))
