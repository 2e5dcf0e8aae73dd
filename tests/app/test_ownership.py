"""One process works on a database: one that another has taken over from writes nothing any more, and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from stead.app.ownership import Ownership
from stead.store import lease
from stead.store.database import Store
from stead.store.migrations import migrate
from stead.store.tables import lease as row

OTHER = "elsewhere:/var/lib/stead"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    made = Store(database_url)
    await made.run(migrate)
    yield made
    made.close()


@pytest.fixture
async def owner(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ownership]:
    monkeypatch.setattr(lease, "RENEW_EVERY", timedelta(milliseconds=10))
    made = Ownership(tmp_path, store)
    made.lock()
    await made.take_lease()
    yield made
    await made.release()


def hand_over(store: Store, until: datetime) -> None:
    """What a second process does once the first one's lease has run out."""
    with store.engine.begin() as connection:
        connection.execute(sa.update(row).values(holder=OTHER, until=until))


async def test_a_process_that_slept_while_another_took_over_writes_nothing_and_is_told_to_end(store: Store, owner: Ownership) -> None:
    hand_over(store, datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(lease.LostError, match="another Stead has taken over this database"):
        await store.run(lease.touch)
    async with asyncio.timeout(30):
        await owner.lost.wait()
    with store.read() as connection:
        assert connection.execute(sa.select(row.c.holder)).scalar() == OTHER, "it did not take it back"


async def test_even_when_the_other_one_is_gone_by_now(store: Store, owner: Ownership) -> None:
    """What it knows is of another time: it has to start anew."""
    hand_over(store, datetime.now(UTC) - timedelta(hours=1))
    async with asyncio.timeout(30):
        await owner.lost.wait()


async def test_even_when_the_other_one_has_ended_in_order(store: Store, owner: Ownership) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.delete(row))
    with pytest.raises(lease.LostError):
        await store.run(lease.touch)
    async with asyncio.timeout(30):
        await owner.lost.wait()


async def test_a_lease_that_ran_out_and_that_nobody_took_goes_on(store: Store, owner: Ownership) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.update(row).values(until=datetime.now(UTC) - timedelta(hours=1)))
    async with asyncio.timeout(30):
        while await store.look(_until) < datetime.now(UTC):
            await asyncio.sleep(0.01)
    assert not owner.lost.is_set()


def _until(connection: sa.Connection) -> datetime:
    found = connection.execute(sa.select(row.c.until)).scalar_one()
    assert isinstance(found, datetime)
    return found
