"""The desk at which people's answers are taken, on a store of its own: one incident is open, and A-1 waits for an answer.

Nothing runs: what is set going lies in the store, and what is said in its outbox.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from stead.app.chat.desk import Desk, desk_of
from stead.app.chat.standing import lines
from stead.app.chat.take import take
from stead.app.config import settings_of
from stead.app.goals import Goals
from stead.app.souls import Souls
from stead.channels.text import render
from stead.clocks import SteppedClock
from stead.domain.action import Action, ActionRequest, ActionState, Precondition
from stead.domain.delivery import Because, Delivery
from stead.domain.finding import Finding, Severity
from stead.domain.inbound import Inbound, Sender
from stead.domain.incident import IncidentState
from stead.domain.policy import Decision, Policy, Verdict
from stead.domain.subject import Subject
from stead.engine import notify, story
from stead.engine.journal import JournalSerializer, look_now
from stead.engine.journey import Journey
from stead.store import actions, deliveries, findings, incidents
from stead.store.database import Store
from stead.store.migrations import migrate
from stead.store.queue import Queue
from stead.store.tables import delivery
from stead.testing.two_way_chat import ANN, Server, TwoWayChat

BEN = Sender(id="1002", name="Ben")
MALLORY = Sender(id="6666", name="Mallory")
ROBOT = Sender(id="2002", name="another agent", bot=True)

PEOPLE = [
    {"name": "ann", "role": "approver", "identities": {"chat": ANN.id}},
    {"name": "ben", "role": "viewer", "identities": {"chat": BEN.id}},
    {"name": "cleo", "role": "approver"},
]
DOOR = Subject(estate="house", api_version="host.stead/v1", kind="Host", name="house")
OPEN = Finding(check="door_open", subject=DOOR, reason="Open", summary="the front door is open")


class Counter:
    """A chat on one side, the store on the other."""

    def __init__(self, store: Store, clock: SteppedClock, **more: Any) -> None:
        self.store, self.clock = store, clock
        self.server = Server(clock)
        self.channel = TwoWayChat(self.server, "chat")
        settings = settings_of({"people": PEOPLE, **more})
        self.desk: Desk = desk_of(settings, lambda c: lines(c, estates=["house"], ready=True, deaf={}))
        self.journey = Journey(
            store=store,
            queue=Queue(store, JournalSerializer(), look_now),
            clock=clock,
            loop=asyncio.get_running_loop(),
            policy=lambda: Policy(rules=()),
            souls=Souls.of(settings.agents),
            goals=Goals(settings.agents),
            channels={"chat": self.channel},
        )

    def asks(self, connection: sa.Connection) -> str:
        """I-1 opens, and A-1 is asked about: the remote id of its message."""
        now = self.clock.now()
        opened = incidents.opened(
            connection, estate="house", severity=Severity.WARNING, title="the front door is open", cause=OPEN.fingerprint, now=now
        )
        findings.save(connection, OPEN, now)
        findings.assign(connection, [OPEN.fingerprint], opened.number)
        incidents.move(connection, opened.number, IncidentState.AWAITING_APPROVAL, now)
        request = ActionRequest(
            verb="close_door", subject=DOOR, precondition=Precondition(uid=""), check="door_open", fingerprint=OPEN.fingerprint,
            reason="it is open", proposer="shut_door", command="rm door",
        )  # fmt: skip
        action = Action(id="1.1.1", incident=opened.number, request=request, state=ActionState.AWAITING)
        decision = Decision(verdict=Verdict.NEEDS_APPROVAL, rules=("ask",))
        actions.add(connection, action, 1, decision, now, None, ())
        actions.ask(connection, action, decision, now, now + timedelta(minutes=30))
        notify.tell(connection, self.journey, opened.number, Because.APPROVAL)
        made = deliveries.of_incident(connection, opened.number)[-1]
        deliveries.sent(connection, made.id, "m1", now)
        self.server.messages["m1"] = replace(made, message=story.render(connection, opened.number, self.clock.now()))
        return "m1"

    async def takes(self, event: Inbound) -> list[str]:
        """What is said to this event: there and then, and by the outbox to its place."""
        before = await self.store.look(_outbox)
        self.server.events.clear()
        answer = await self.store.run(take, self.journey, replace(event, channel="chat"), self.desk)
        after = (await self.store.look(_outbox))[len(before) :]
        return ([answer] if answer else []) + [render(d.message) for d in after if d.place is not None]

    async def writes(self, text: str, **more: Any) -> list[str]:
        return await self.takes(self.server.write(text, **more))

    async def presses(self, remote: str, decision: str, **more: Any) -> list[str]:
        return await self.takes(self.server.press(remote, decision, **more))

    async def approval(self) -> Any:
        return await self.store.look(actions.find_approval, 1)

    async def sent(self, remote: str) -> Delivery:
        """The newest delivery has arrived as this message."""
        last = (await self.store.look(_outbox))[-1]
        await self.store.run(deliveries.sent, last.id, remote, self.clock.now())
        return last


def _outbox(connection: sa.Connection) -> Sequence[Delivery]:
    ids = connection.execute(sa.select(delivery.c.id).order_by(delivery.c.id)).scalars().all()
    return [found for each in ids if (found := deliveries.find(connection, each)) is not None]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table, to copy: the migrations take longer than most of these tests."""
    path = tmp_path_factory.mktemp("chat") / "stead.db"
    store = Store(f"sqlite:///{path}")
    with store.begin() as connection:
        migrate(connection)
    store.close()
    return path


@pytest.fixture
async def counter(migrated: Path, tmp_path: Path, clock: SteppedClock, request: pytest.FixtureRequest) -> AsyncIterator[Counter]:
    """Parametrize indirectly with further settings."""
    shutil.copy(migrated, tmp_path / "stead.db")
    store = Store(f"sqlite:///{tmp_path / 'stead.db'}")
    made = Counter(store, clock, **getattr(request, "param", {}))
    await store.run(made.asks)
    yield made
    made.journey.queue.close()
    store.close()
