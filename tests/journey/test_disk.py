"""A disk that takes nothing more: the service says so, stays alive, and goes on where it stopped once there is room."""

from __future__ import annotations

import resource
from typing import Any

import aiohttp
import psutil
import pytest


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The SQLite file only: PostgreSQL's disk is its server's own affair."""
    return sqlite_url


async def test_a_full_disk_loses_nothing(world: Any) -> None:
    pod = await world.strand_a_pod()
    service = await world.start()
    await world.until(lambda: world.get("/api/status"))
    process = psutil.Process(service.pid)

    process.rlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    async def refuses() -> bool:
        try:
            await world.call("POST", "/api/incidents/1/notes", {"text": "is anybody there?"})
        except aiohttp.ClientResponseError as error:
            return error.status == 503
        return False

    await world.until(refuses)
    assert service.returncode is None

    process.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    incident = await world.over(pod)

    assert world.writes("delete") == 1
    assert [action["state"] for action in incident["actions"]] == ["proven"]
