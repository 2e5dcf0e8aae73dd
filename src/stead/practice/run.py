"""One run: the real Stead over the real API of a practice cluster in which a scenario happens, in the cluster's time.

Promise: time moves only when the cluster and Stead have done all that could be done, and the scenario's steps and the person's answers
fall into those pauses; so a run comes out the same on a slow machine as on a fast one.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stead.domain.finding import Finding
from stead.domain.people import Principal, PrincipalKind, Role
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.practice.api import request
from stead.practice.api.catalogue import BUILTIN
from stead.practice.objects import Obj
from stead.practice.run_chat import SECRET_VARIABLE, Chat, chat
from stead.practice.run_roles import WRITER, give_roles
from stead.practice.run_world import World, timeline
from stead.practice.scenario import Ending, Scenario
from stead.practice.scenario_words import Predicate
from stead.practice.thinkers import NOBODY, Thinker

if TYPE_CHECKING:
    from stead.app.wiring import Stead

GRAIN = timedelta(seconds=5)
"""How finely time is cut. What falls due within a step is done at its own instant by the cluster, and at its end by Stead."""

QUIET_FOR = timedelta(minutes=6)
"""How long nothing must have changed before a run that has come to its end is ended: longer than crash loops hide and checks wait."""

OUT_OF_TIME = 60.0
"""Seconds of ours that one moment of the cluster's may take, before the run is given up."""

OUT_OF_TIME_THINKING = 1800.0
"""The same where a model thinks: time stands still while it does, and a run of it has a budget of its own."""

_FIRST_LOOK, _LOOK_EVERY = 0.0005, 0.008
"""Seconds of ours between two looks whether all is done: soon at first, since there is mostly nothing to do, and then doubling."""

_ENDS = {
    Ending.SOLVED: ("resolved", "escalated"),
    Ending.APPROVAL: ("resolved", "escalated", "awaiting_approval"),
    Ending.ESCALATED: ("resolved", "escalated", "open"),
    Ending.NOTHING: (),
}
"""States of incidents in which a run may be ended once they have lasted. `open` is one that was told and that Stead cannot cure."""

_KINDS = {(resource.group, resource.plural): resource.kind for resource in BUILTIN}
_PERSON = Principal(kind=PrincipalKind.PERSON, name="practice", role=Role.APPROVER)


def next_look(began: datetime, now: datetime, due: datetime | None, at_most: datetime) -> datetime:
    """When Stead sees the cluster next: a grain after `now`, or when something is `due` if that is later, but never after `at_most`.

    Always a whole number of grains after `began`: what is due at a random instant, as a watch that ended is opened again, must not
    move all later looks, or a fault would be found a little earlier in one run and a little later in the next.
    """
    since = max(now + GRAIN, due or now) - began
    return min(began + -(-since // GRAIN) * GRAIN, at_most)


@dataclass(frozen=True, slots=True)
class Write:
    """A change that Stead asked for and got."""

    at: datetime
    verb: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.verb} {self.kind} {self.name}"


@dataclass(slots=True)
class Seen:
    """What a run showed: the material that is graded. Times are the cluster's."""

    fault_at: datetime
    ended_at: datetime
    incidents: list[Obj] = field(default_factory=list[Obj])
    causes: list[list[Finding]] = field(default_factory=list[list[Finding]])
    """For each incident its findings, the one that explains the others first."""
    approvals: list[Obj] = field(default_factory=list[Obj])
    writes: list[Write] = field(default_factory=list[Write])
    came_to_be: list[str] = field(default_factory=list[str])
    """Predicates of `never` that became true, as texts."""
    messages: int = 0
    edits: int = 0
    text: str = ""
    """Every version of every message."""
    last: str = ""
    """The last version of each."""
    solved: bool = False
    faults: list[str] = field(default_factory=list[str])
    seconds: float = 0.0
    tokens: int = 0
    runs: list[Obj] = field(default_factory=list[Obj])
    """What models did: each run with its ending, conclusion and steps."""


async def run(scenario: Scenario, *, policy: Path | None = None, model: Thinker = NOBODY) -> Seen:
    """Play it once. UserError for a scenario, a policy or a model that cannot be used."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="stead-practice-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            world = await World.open(scenario, Path(folder))
            stack.push_async_callback(world.cluster.stop)
            told = await stack.enter_async_context(chat())
            thinks = await stack.enter_async_context(model.settings(scenario.name))
            stead = _stead(world, told, Path(folder), policy, thinks)
            await stead.start()
            stack.push_async_callback(stead.stop)
            seen = await _Run(world, stead, told, OUT_OF_TIME if model == NOBODY else OUT_OF_TIME_THINKING).play()
    seen.seconds = time.perf_counter() - began
    return seen


def _stead(world: World, told: Chat, folder: Path, policy: Path | None, thinks: dict[str, Any]) -> Stead:
    from stead.app.config import settings_of
    from stead.app.wiring import Stead

    reader, writer = give_roles(world.cluster)
    estate = {"id": "home", "kind": "kubernetes", "kubeconfig": str(reader), "write_kubeconfig": str(writer)}
    settings: dict[str, Any] = thinks | {
        "store": {"folder": str(folder / "state")},
        "estates": [estate],
        "jobs": {"stock": False},
        "channels": [{"name": "chat", "kind": "webhook", "url": told.url, "secret": f"env:{SECRET_VARIABLE}"}],
    }
    if policy is not None:
        settings["policy"] = str(policy.absolute())
    return Stead.build(settings_of(settings), clock=world.clock)


class _Run:
    """Time, and what happens in it."""

    def __init__(self, world: World, stead: Stead, told: Chat, patience: float) -> None:
        self.world = world
        self.patience = patience
        self.stead = stead
        self.chat = told
        self.began = world.clock.now()
        self.never = [p for p in world.scenario.never if isinstance(p, Predicate)]
        self.came_to_be: dict[str, None] = {}
        self.watched = [estate for estate in stead.estates.values() if isinstance(estate, KubernetesEstate)]
        self._caught_up_at = -1
        self._state: object = None
        self._state_since = self.began

    async def play(self) -> Seen:
        scenario, clock = self.world.scenario, self.world.clock
        steps = timeline((*scenario.harmless, *scenario.fault))
        end = self.began + scenario.fault_over + scenario.limit
        while True:
            await self._settle()
            while steps and clock.now() >= self.began + steps[0][0]:
                self.world.do(steps.pop(0)[1])
                await self._settle()
            self._look()
            if clock.now() >= end or (not steps and await self._over()):
                return await self._seen()
            at_most = min(end, self.began + steps[0][0]) if steps else end
            clock.advance_to(next_look(self.began, clock.now(), clock.next_due(), at_most))

    async def _settle(self) -> None:
        """Until nothing is left to be done at this moment: twice in a row, because a message may be on its way in between."""
        async with asyncio.timeout(self.patience):
            quiet, pause = 0, _FIRST_LOOK
            while quiet < 2:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LOOK_EVERY)
                quiet = quiet + 1 if await self._quiescent() else 0

    async def _quiescent(self) -> bool:
        if not self.world.cluster.quiescent or self.chat.busy or not all(estate.resting for estate in self.watched):
            return False
        if not await self.stead.quiescent():
            return False
        version = self.world.cluster.resource_version
        if version == self._caught_up_at:
            return True
        if all(map(self._has_read_all, self.watched)):
            self._caught_up_at = version
        return False  # what was just read may still become work

    def _has_read_all(self, estate: KubernetesEstate) -> bool:
        """Whether its watch knows all that the cluster has, by the versions of both: this cluster's are numbers that only grow."""
        read, newest = estate.synced_versions, self.world.cluster.newest
        return all(int(read.get(kind.resource, 0)) >= newest(kind.api_version, kind.kind) for kind in estate.following)

    def _look(self) -> None:
        for predicate in self.never:
            if str(predicate) not in self.came_to_be and self.world.holds(predicate):
                self.came_to_be[str(predicate)] = None

    async def _over(self) -> bool:
        """Whether it has come to its end and stayed there. Answers what a person was asked."""
        if await self._answer():
            await self._settle()
            return False
        scenario, now = self.world.scenario, self.world.clock.now()
        rows = await self.stead.incidents(everything=True)
        state = [(row["id"], row["state"], row["episode"], row["findings"]) for row in rows]
        if state != self._state:
            self._state, self._state_since = state, now
        if not rows or any(row["state"] not in _ENDS[scenario.ending] for row in rows):
            return False
        well = scenario.ending is Ending.ESCALATED or scenario.approve != "yes" or self.world.solved()
        return well and now - self._state_since >= QUIET_FOR

    async def _answer(self) -> bool:
        if self.world.scenario.approve == "never":
            return False
        pending = await self.stead.approvals()
        for asked in pending:
            yes = self.world.scenario.approve == "yes"
            await self.stead.decide(asked["number"], approve=yes, by=_PERSON, reason="as the scenario says")
        return bool(pending)

    async def _seen(self) -> Seen:
        rows = sorted(await self.stead.incidents(everything=True), key=lambda row: row["number"])
        thought = [await self.stead.agent_run(row["number"]) for row in await self.stead.agent_runs()]
        whole = [await self.stead.incident(row["number"]) for row in rows]
        return Seen(
            fault_at=self.began + self.world.scenario.fault_at,
            ended_at=self.world.clock.now(),
            incidents=[incident for incident in whole if incident is not None],
            causes=[await self.stead.store.look(_findings, row["number"]) for row in rows],
            approvals=await self.stead.approvals(everything=True),
            writes=writes(self.world),
            came_to_be=list(self.came_to_be),
            messages=self.chat.sent,
            edits=self.chat.edits,
            text="\n".join(self.chat.texts),
            last="\n\n".join(self.chat.last.values()),
            solved=self.world.solved(),
            faults=list(self.world.cluster.faults),
            tokens=sum(one["tokens"] for one in thought if one is not None),
            runs=[one for one in thought if one is not None],
        )


def _findings(connection: Any, number: int) -> list[Finding]:
    from stead.store import findings, incidents

    cause = incidents.get(connection, number).cause
    found = [stored.finding for stored in findings.of_incident(connection, number)]
    return sorted(found, key=lambda finding: finding.fingerprint != cause)


def writes(world: World) -> list[Write]:
    """What the cluster's audit log says that Stead changed."""
    found: list[Write] = []
    for audited in world.cluster.requests:
        rehearsed = "dryRun=All" in audited.query
        if audited.user == WRITER and audited.verb not in ("get", "list", "watch") and audited.code < 300 and not rehearsed:
            target = request.parse("", audited.path, {})
            if target.plural and not target.plural.startswith("selfsubject"):
                kind = _KINDS.get((target.group, target.plural), target.plural)
                found.append(Write(audited.at, audited.verb, kind, target.namespace, target.name))
    return found
