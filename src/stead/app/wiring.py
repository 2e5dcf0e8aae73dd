"""Build one Stead from its settings; start it, ask it, stop it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog

from stead.app import (
    answers,
    audit_watch,
    auditing,
    brief_made,
    discover,
    jobs,
    lifesign,
    policy_told,
    policy_watch,
    reload,
    runs_told,
    spool,
    standing,
    telling,
)
from stead.app.audit_heads import Heads
from stead.app.chat.reception import Reception
from stead.app.discover import Shelves
from stead.app.furnish import channels_of, estates_of, policy_of
from stead.app.goals import Goals, shipped_packs
from stead.app.hearing import Ear
from stead.app.heartbeats import heartbeat_rules, heartbeat_tokens
from stead.app.history import change_list, changes_since, open_history
from stead.app.hooks import hooks_of
from stead.app.library import Library
from stead.app.muting_settings import BUILT_IN
from stead.app.own_namespaces import own_namespaces
from stead.app.ownership import Ownership
from stead.app.preflight import acting_on
from stead.app.repositories import code_tools
from stead.app.settings import Settings
from stead.app.souls import Souls
from stead.app.stock_jobs import wanted_jobs
from stead.app.thinking import models_of, redactor_of
from stead.app.tool_settings import toolsets_of
from stead.clocks import SystemClock
from stead.domain import ids
from stead.domain.audit import Head
from stead.domain.errors import Exit, SteadError, UserError
from stead.domain.people import Principal
from stead.domain.policy import Policy
from stead.engine import approvals, due, editing, heartbeats, intake, investigations, journal, mutes, scheduling, workflows
from stead.engine.journey import Journey
from stead.estate.history.book import Book
from stead.estate.own.programs import notes
from stead.ports import Channel, Clock, Estate
from stead.store import audit, events, incidents, sessions, triggers
from stead.store import due as due_rows
from stead.store.database import Store
from stead.store.inbox import Inbox
from stead.store.migrations import migrate
from stead.store.queue import Queue

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger("stead")

BEGIN_AGAIN = timedelta(seconds=5)
"""How long after a part of the service failed it is begun again."""


class Stead:
    """One service on one state folder. One in a process: the durable engine underneath is a singleton."""

    def __init__(
        self, settings: Settings, *, clock: Clock, shelves: Shelves, estates: Mapping[str, Estate], channels: Mapping[str, Channel]
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.shelves = shelves
        self.estates = dict(estates)
        self.channels = channels
        self.policy: Policy = policy_of(settings, shelves)
        self.policy_error = ""
        self.models = models_of(settings.models, shelves.models, os.environ)
        self.souls = Souls.of(settings.agents)
        self.hooks = hooks_of(settings, shelves.sources)
        self.heartbeat_tokens = heartbeat_tokens(settings, shelves.sources)
        self.goals = Goals(settings.agents)
        self.reception = Reception(settings, channels, clock, estates=self.estates, change=self.change, ready=lambda: self.ready)
        self.store = Store(settings.store.database_url(self.folder))
        self.ear = Ear(lambda: self.journey, Inbox(self.store))
        self.library = Library(settings.knowledge, self.folder / "knowledge", self.store, clock, redactor_of(self.models))
        self.toolsets = self.library.besides(toolsets_of(settings.tools, shelves, clock, self.folder, self.library.tools))
        self.heads = Heads.in_folder(self.folder, settings.audit.key)
        self.ready = False
        self.history: Book | None = None
        self.ownership = Ownership(self.folder, self.store)
        self._journey: Journey | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._broken: dict[str, str] = {}
        self._waiting: set[asyncio.Event] = set()

    @classmethod
    def build(cls, settings: Settings, *, clock: Clock | None = None) -> Stead:
        """From the settings alone: what they name is found, opened and checked. UserError for whatever cannot be had."""
        clock = clock or SystemClock()
        broken: dict[str, str] = {}
        shelves = discover.shelves(settings.checks.folders, broken)
        channels = channels_of(settings, shelves, clock)
        stead = cls(settings, clock=clock, shelves=shelves, estates=estates_of(settings, shelves, clock, broken), channels=channels)
        stead._found_broken(broken)
        return stead

    @property
    def folder(self) -> Path:
        if self.settings.store.folder is None:
            raise UserError("no state folder is named", hint="give store.folder or --state")
        return self.settings.store.folder

    async def start(self) -> None:
        """Own the folder, bring the database up to date, resume what a crash left, and begin to watch."""
        self.ownership.lock()
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        await self.store.run(migrate)
        await self.ownership.take_lease()
        self.history = open_history(self.folder, self.estates.values())
        loop = asyncio.get_running_loop()
        self._journey = Journey(
            store=self.store,
            queue=Queue(self.store, journal.JournalSerializer(), journal.look_now),
            clock=self.clock,
            loop=loop,
            policy=lambda: self.policy,
            souls=self.souls,
            goals=self.goals,
            timing=self.settings.timing.timing(),
            estates=self.estates,
            **acting_on(self.settings, self.estates, self.shelves.verbs),
            playbooks=tuple(self.shelves.playbooks.values()),
            channels=self.channels,
            **telling.of(self.settings),
            windows=tuple(window.window() for window in self.settings.maintenance),
            severity_rules=tuple(rule.rule() for rule in self.settings.severity_rules),
            inhibitions=(*BUILT_IN, *(rule.inhibition() for rule in self.settings.inhibit_rules)),
            models=self.models,
            toolsets=(*self.toolsets, *code_tools(self.estates)),
            redact=redactor_of(self.models),
            own_namespaces=own_namespaces(os.environ),
            run_budget=self.settings.budgets.run.budget(),
            incident_runs=self.settings.budgets.incident_runs,
            budgets=self.settings.budgets.budgets(),
            memory_review=self.settings.agents.memory_review,
            heartbeats=heartbeat_rules(self.settings),
            listening_since=self.clock.now(),
            run_script=jobs.programs_of(self.settings.jobs),
            read_workdir=notes,
            packs=shipped_packs(),
            changes=partial(changes_since, self.history),
            skill_review=self.settings.agents.skill_review,
            debrief_solved=self.settings.agents.debrief == "solved",
        )
        workflows.bind(self._journey)
        await journal.launch(self.store)
        # Before what is due: an alert that was heard of again in time is not over.
        await self.ear.open()
        await self.store.run(workflows.schedule_forgetting, self._journey)
        await self.store.run(self.reception.take_over, self._journey)
        await self.store.run(mutes.review_all, self._journey)
        await self.store.run(heartbeats.take_on, self._journey)
        await self.reload_jobs()
        self.store.listen(lambda: _soon(loop, self._wake))
        self._spawn("inbox", self.ear.follow)
        self._spawn("due", partial(due.dispatch, self._journey))
        self._spawn("spool", spool.follower(self.folder, self.ear, self.store, self.clock, self.settings.estates))
        for estate in self.estates:
            self._watch(estate)
        for channel in self.reception.listeners.names:
            self._spawn(f"listen {channel}", partial(self.reception.listeners.keep, channel))
        self._spawn("audit", partial(audit_watch.follow, self.heads, self.clock, self._chain_end, self._send_head))
        if self.settings.heartbeat is not None:
            self._spawn("sign of life", partial(lifesign.watch, self.settings.heartbeat, self))
        if isinstance(file := self.settings.policy, Path):
            work = (self._load_policy, self._use_policy, self._policy_broken)
            self._spawn("policy", partial(policy_watch.follow, file, self.clock, *work))
        self._spawn("knowledge", self.library.follow)
        self._spawn("briefs", partial(brief_made.follow, self.store, self.estates, self.clock))
        if self.settings.checks.folders:
            self._spawn("folders of checks", partial(reload.follow, self.settings.checks.folders, self.clock, self.reload_checks))
        if self.settings.jobs.folders:
            self._spawn("folders of jobs", partial(jobs.follow, self.settings.jobs, self.clock, self.reload_jobs))
        self.ready = True
        log.info("watching", estates=list(self.estates), folder=str(self.folder))

    async def reload_checks(self) -> None:
        """Load the checks in the folders anew, and watch with them. A file that is broken is left out and told, and nothing else stops."""
        broken: dict[str, str] = {}
        self.shelves = discover.shelves(self.settings.checks.folders, broken)
        self._found_broken(broken)
        for name, fresh in estates_of(self.settings, self.shelves, self.clock, self._broken).items():
            watch = self._watches.pop(name)
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            self._tasks.remove(watch)
            await self.estates[name].close()
            self.estates[name] = fresh
            self._watch(name)
        log.info("checks loaded anew", checks=len(self.shelves.every_check))

    async def reload_jobs(self) -> None:
        """Read the jobs of the configuration anew. A file that is broken is told, and what it declared before stays in force."""
        broken: dict[str, str] = {}
        wanted = wanted_jobs(self.settings, broken)
        jobs.tell_broken(broken)
        await self.change(scheduling.reconcile, wanted, broken)

    async def _chain_end(self) -> Head | None:
        return await self.store.look(audit.head, self.clock.now())

    async def _send_head(self, head: Head) -> None:
        if self.settings.audit.send_heads:
            await self.change(auditing.announce, head=head)

    def _load_policy(self) -> Policy:
        return policy_of(self.settings, self.shelves)

    async def _use_policy(self, policy: Policy) -> None:
        mended = bool(self.policy_error) or policy != self.policy
        self.policy, self.policy_error = policy, ""
        if mended:
            log.info("the policy was read anew", rules=len(policy.rules))
            await self.change(policy_told.changed, rules=len(policy.rules))

    async def _policy_broken(self, why: str) -> None:
        self.policy_error = why
        log.error("the policy file cannot be used: the last good policy stays in force", why=why)
        await self.change(policy_told.broken, why=why)

    def _found_broken(self, broken: dict[str, str]) -> None:
        for file, why in broken.items():
            log.error("a check of one's own cannot be used", file=file, why=why)
        self._broken.clear()
        self._broken |= broken

    def _watch(self, estate: str) -> None:
        self._watches[estate] = self._spawn(f"watch {estate}", partial(intake.watch, self.journey, estate))

    async def stop(self) -> None:
        """Stop watching, let what runs finish for a moment, close everything. What was cut short is resumed by the next start."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._journey is not None:
            await journal.stop()
            self._journey.queue.close()
            self._journey = None
        for closing in [*self.estates.values(), *self.channels.values(), *([self.models] if self.models else [])]:
            with contextlib.suppress(SteadError, OSError):
                await closing.close()
        if self.history is not None:
            self.history.close()
            self.history = None
        await self.ear.close()
        await self.ownership.release()
        self.store.close()

    async def status(self) -> dict[str, Any]:
        """How Stead and what it watches are, in one look. `colour` is green only when everything could be seen and nothing is wrong."""
        return await standing.told(self)

    async def incidents(self, *, everything: bool = False) -> list[dict[str, Any]]:
        return await self.store.look(answers.incident_list, everything)

    async def incident(self, number: int) -> dict[str, Any] | None:
        """Everything about one incident; None when there is none of that number."""
        return await self.store.look(answers.whole_incident, number, self.clock.now())

    async def approvals(self, *, everything: bool = False) -> list[dict[str, Any]]:
        return await self.store.look(answers.approval_list, everything)

    def changes(self, about: str = "", *, since: timedelta, most: int = 200) -> list[dict[str, Any]]:
        """What changed within `since`, newest first. UserError while Stead is not running."""
        if self.history is None:
            raise UserError("Stead is starting or stopping", hint="try again when it runs", code=Exit.UNREACHABLE)
        return change_list(self.history, about, self.clock.now() - since, most)

    async def decide(self, number: int, *, approve: bool, by: Principal, reason: str = "") -> dict[str, Any]:
        """Answer A-`number`. UserError when that cannot be (any more), and nothing is changed."""
        decided = await self.store.run(approvals.answer, self.journey, number, approve=approve, by=by, reason=reason)
        return answers.approval(decided)

    async def decide_with(self, number: int, *, parameters: Mapping[str, Any], by: Principal, reason: str = "") -> dict[str, Any]:
        """Approve another action in the place of A-`number`'s. UserError when that cannot be, and nothing is changed."""
        work = editing.approve_with
        return answers.approval(await self.store.run(work, self.journey, number, parameters=parameters, by=by, reason=reason))

    async def note(self, incident: int, *, by: Principal, text: str) -> dict[str, Any]:
        """Add a person's words to the incident. UserError when there is no such incident."""
        if await self.store.look(incidents.find, incident) is None:
            name = ids.incident_number(incident)
            raise UserError(f"there is no incident {name}", hint="`stead incidents --all` lists them", code=Exit.NEGATIVE)
        session = await self.store.run(sessions.say, principal=str(by), incident=incident, author=str(by), text=text, now=self.clock.now())
        return {"session": session.id, "messages": len(session.messages)}

    async def look(self, work: Callable[Concatenate[sa.Connection, Journey, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(connection, journey, …)` in a transaction that only reads."""
        return await self.store.look(work, self.journey, *args, **kwargs)

    async def change(self, work: Callable[Concatenate[sa.Connection, Journey, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(connection, journey, …)` in one transaction, for what a person changes. UserError while Stead is stopping."""
        return await self.store.run(work, self.journey, *args, **kwargs)

    async def investigate(self, incident: int, *, by: Principal) -> dict[str, Any]:
        """Have a model investigate the incident now. UserError when that cannot be."""
        number = await self.store.run(investigations.ask_for, self.journey, incident, str(by))
        return {"run": ids.run_number(number), "number": number}

    async def agent_runs(self, limit: int = 100) -> list[dict[str, Any]]:
        """Runs of models, newest first."""
        return await self.store.look(runs_told.rows, limit)

    async def agent_run(self, number: int) -> dict[str, Any] | None:
        """One run with every step; None when there is none of that number."""
        return await self.store.look(runs_told.whole, number)

    async def events(self, after: int = 0, limit: int = 500, run: str = "") -> list[dict[str, Any]]:
        """What happened after `seq` `after`, oldest first; of one `run` (`R-9`), or of everything."""
        return await self.store.look(events.after, after, limit, run=run)

    async def wait_for_events(self, after: int) -> None:
        """Return once there is an event with a greater `seq`."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            while await self.store.look(events.latest) <= after:
                await changed.wait()
                changed.clear()
        finally:
            self._waiting.discard(changed)

    def _wake(self) -> None:
        for changed in self._waiting:
            changed.set()

    async def quiescent(self) -> bool:
        """Whether nothing is left that could be done at this moment of the Clock: a stepped clock may move on."""
        return self.ear.idle and await self.store.look(self._nothing_to_do)

    def _nothing_to_do(self, connection: sa.Connection) -> bool:
        journey = self.journey
        if journey.queue.outstanding(connection) or triggers.unfinished(connection):
            return False
        at = due_rows.next_at(connection)
        return at is None or at > journey.now()

    @property
    def journey(self) -> Journey:
        """UserError while Stead is stopping."""
        if self._journey is None:
            raise UserError("Stead is stopping", hint="try again when it runs", code=Exit.UNREACHABLE)
        return self._journey

    def _spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """Run `work` until its end or the stop. Should it fail (a full disk), that is said, the service is not ready; it is begun again."""

        async def kept_alive() -> None:
            while True:
                try:
                    return await work()
                except Exception:
                    self.ready = False
                    log.exception("a part of the service failed, and is begun again", part=name)
                    await self.clock.sleep_until(self.clock.now() + BEGIN_AGAIN)
                    self.ready = True

        task = asyncio.create_task(kept_alive(), name=name)
        self._tasks.append(task)
        return task


def _soon(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # The loop is gone: so is whoever would wake.
        loop.call_soon_threadsafe(work)
