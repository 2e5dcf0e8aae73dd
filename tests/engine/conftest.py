"""A whole Stead whose estate says what the test says, and whose one channel keeps what it is told. Only the world is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from stead.app import discover
from stead.app.config import settings_of
from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.store.tables import due
from stead.testing.scripted import Chat, ScriptedEstate


class OnCall:
    """The service, the world it watches, and the time, which only passes when the test says so."""

    def __init__(self, settings: Any, clock: SteppedClock, *, edit: bool, chats: Sequence[str]) -> None:
        self.settings, self.clock = settings, clock
        self.chats = {name: Chat(name, edit=edit) for name in chats}
        self.chat = next(iter(self.chats.values()))
        self.estate = ScriptedEstate("home", clock)
        self.stead = self._stead()

    def _stead(self) -> Stead:
        shelves = discover.shelves()
        return Stead(self.settings, clock=self.clock, shelves=shelves, estates={"home": self.estate}, channels=self.chats)

    async def restart(self) -> None:
        """Stop the service, and start another on what it left."""
        await self.stead.stop()
        self.stead = self._stead()
        await self.stead.start()

    async def sees(self, *found: Finding, gone: Sequence[Finding] = (), complete: bool = False, after: timedelta = timedelta(0)) -> None:
        """The estate's checks see this, and some time passes."""
        await self.estate.sees(*found, gone=gone, complete=complete)
        await self.passes(after)

    async def passes(self, span: timedelta) -> None:
        """Let time pass, from due time to due time, with everything done that is due."""
        end = self.clock.now() + span
        while True:
            await self._settle()
            at = await self.stead.store.look(_next_due)
            if at is None or at > end:
                break
            self.clock.advance(max(at - self.clock.now(), timedelta(0)))
        self.clock.advance(end - self.clock.now())
        await self._settle()

    async def _settle(self) -> None:
        quiet = 0
        async with asyncio.timeout(60):
            while quiet < 2:
                await asyncio.sleep(0.01)
                quiet = quiet + 1 if await self.stead.quiescent() else 0

    async def incident(self, number: int = 1) -> dict[str, Any]:
        found = await self.stead.incident(number)
        assert found is not None
        return found

    async def incidents(self) -> dict[str, str]:
        """{title: state} of all there ever were."""
        return {row["title"]: row["state"] for row in await self.stead.incidents(everything=True)}

    async def events(self, name: str) -> list[dict[str, Any]]:
        return [event["data"] for event in await self.stead.events(limit=1000) if event["name"] == name]


def _next_due(connection: sa.Connection) -> datetime | None:
    return connection.execute(sa.select(due.c.at).order_by(due.c.at).limit(1)).scalar()


@pytest.fixture
async def on_call(tmp_path: Path, database_url: str, clock: SteppedClock, request: pytest.FixtureRequest) -> AsyncIterator[OnCall]:
    """Running, having seen nothing yet. Parametrize indirectly with further settings, `edit: False` for chats that cannot edit, and the
    names of several `chats`."""
    more: dict[str, Any] = dict(getattr(request, "param", {}))
    edit = more.pop("edit", True)
    chats: list[str] = more.pop("chats", ["chat"])
    named = [{"name": name, "kind": "terminal"} for name in chats]
    settings = settings_of({"store": {"folder": str(tmp_path / "state"), "url": database_url}, "channels": named, **more})
    made = OnCall(settings, clock, edit=edit, chats=chats)
    await made.stead.start()
    try:
        yield made
    finally:
        await made.stead.stop()


def broken(kind: str, name: str, check: str = "container_crash", namespace: str = "payments", **more: Any) -> Finding:
    """A fault of one object; cluster-wide kinds have no namespace."""
    where = "" if kind == "Node" else namespace
    api = "apps/v1" if kind == "Deployment" else "v1"
    subject = Subject(estate="home", api_version=api, kind=kind, name=name, namespace=where, uid=f"uid-{name}")
    return Finding(**{"check": check, "subject": subject, "reason": "Broken", "summary": f"{name} is broken", **more})
