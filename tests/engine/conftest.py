"""A whole Stead whose estate says what the test says, and whose one channel keeps what it is told. Only the world is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.app import discover
from stead.app.config import settings_of
from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.domain.delivery import Capabilities, Delivery, Message
from stead.domain.finding import Finding
from stead.domain.scan import Scan
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.ports import Hands, Object, Observation, Seen


class TalkedAbout:
    """An estate of which one hears what the test says."""

    def __init__(self, estate: str, clock: SteppedClock) -> None:
        self.id = estate
        self.clock = clock
        self.said: asyncio.Queue[Sightings] = asyncio.Queue()
        self.heard = asyncio.Event()

    async def sightings(self) -> AsyncIterator[Sightings]:
        while True:
            yield await self.said.get()
            self.heard.set()  # whoever listens comes back for more when the last is stored

    async def scan(self) -> Scan:
        return Scan(now=self.clock.now())

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:
        return Observation(seen=Seen.FIRING, present=True)

    async def read(self, subject: Subject) -> Object | None:
        return None

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        return ()

    def hands(self) -> Hands:
        raise AssertionError("nothing is to be done here")

    async def close(self) -> None: ...


class Chat:
    """A channel that can (or cannot) edit, and keeps every message in the order in which it came."""

    name = "chat"

    def __init__(self, *, edit: bool = True) -> None:
        self.capabilities = Capabilities(edit=edit)
        self.told: list[Delivery] = []

    async def send(self, delivery: Delivery) -> str:
        self.told.append(delivery)
        return delivery.replaces or f"m{delivery.id}"

    async def close(self) -> None: ...

    @property
    def messages(self) -> list[Delivery]:
        """What rang: messages of their own, not edits."""
        return [delivery for delivery in self.told if not delivery.replaces]

    @property
    def last(self) -> Message:
        return self.told[-1].message

    @property
    def reasons(self) -> list[str]:
        return [delivery.because.value for delivery in self.told]


class OnCall:
    """The service, the world it watches, and the time, which only passes when the test says so."""

    def __init__(self, stead: Stead, clock: SteppedClock, estate: TalkedAbout, chat: Chat) -> None:
        self.stead, self.clock, self.estate, self.chat = stead, clock, estate, chat

    async def sees(self, *found: Finding, gone: Sequence[Finding] = (), complete: bool = False, after: timedelta = timedelta(0)) -> None:
        """The estate's checks see this, and some time passes."""
        lost = tuple(finding.fingerprint for finding in gone)
        sightings = Sightings(estate=self.estate.id, at=self.clock.now(), seen=found, gone=lost, complete=complete)
        self.estate.heard.clear()
        self.estate.said.put_nowait(sightings)
        await self.estate.heard.wait()
        await self.passes(after)

    async def passes(self, span: timedelta) -> None:
        """Let time pass, from due time to due time, with everything done that is due."""
        end = self.clock.now() + span
        while True:
            await self._settle()
            due = await self.stead.store.look(_next_due)
            if due is None or due > end:
                break
            self.clock.advance(max(due - self.clock.now(), timedelta(0)))
        self.clock.advance(end - self.clock.now())
        await self._settle()

    async def _settle(self) -> None:
        quiet = 0
        async with asyncio.timeout(60):
            while quiet < 3:
                await asyncio.sleep(0.01)
                quiet = quiet + 1 if await self.stead.quiescent() else 0

    async def incident(self, number: int = 1) -> dict[str, Any]:
        found = await self.stead.incident(number)
        assert found is not None
        return found

    async def events(self, name: str) -> list[dict[str, Any]]:
        return [event["data"] for event in await self.stead.events(limit=1000) if event["name"] == name]


def _next_due(connection: Any) -> Any:
    from stead.store import due

    return next((row.at for row in _due_rows(connection) if row.kind != "forget"), None) or due.next_at(connection)


def _due_rows(connection: Any) -> list[Any]:
    from datetime import UTC, datetime

    from stead.store import due

    return due.ready(connection, datetime.max.replace(tzinfo=UTC), 1000)


@pytest.fixture
async def on_call(tmp_path: Path, database_url: str, clock: SteppedClock, request: pytest.FixtureRequest) -> AsyncIterator[OnCall]:
    """Running, having seen nothing yet. Parametrize indirectly with further settings, and `edit: False` for a chat that cannot edit."""
    more: dict[str, Any] = dict(getattr(request, "param", {}))
    chat = Chat(edit=more.pop("edit", True))
    settings = settings_of({"store": {"folder": str(tmp_path / "state"), "url": database_url}, **more})
    estate = TalkedAbout("home", clock)
    stead = Stead(settings, clock=clock, shelves=discover.shelves(), estates={"home": estate}, channels={"chat": chat})
    await stead.start()
    try:
        yield OnCall(stead, clock, estate, chat)
    finally:
        await stead.stop()


def broken(kind: str, name: str, check: str = "container_crash", namespace: str = "payments", **more: Any) -> Finding:
    """A fault of one object; cluster-wide kinds have no namespace."""
    groups = {"Deployment": "apps/v1", "Service": "v1", "Pod": "v1", "Node": "v1"}
    where = "" if kind == "Node" else namespace
    subject = Subject(estate="home", api_version=groups[kind], kind=kind, name=name, namespace=where, uid=f"uid-{name}")
    return Finding(**{"check": check, "subject": subject, "reason": "Broken", "summary": f"{name} is broken", **more})
