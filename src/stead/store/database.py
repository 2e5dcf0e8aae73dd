"""One database: a SQLite file in WAL mode, or PostgreSQL by another URL. Every change is one transaction that commits or never was.

On SQLite a transaction is IMMEDIATE, so it waits its turn instead of failing half-way, and `synchronous=FULL` means that what was
acknowledged is on the disk (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from stead.domain.errors import StorageError, UserError

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_MS = 30_000
CONNECT_SECONDS = 10
_WRITER = 0x57EAD
"""The advisory lock under which PostgreSQL, too, has one writer at a time: what is read in a transaction still holds at its end."""


class Store:
    """The database behind `url` (`sqlite:///path`, `postgresql+psycopg://…`).

    `begin()` is one transaction; `run()` is one in a thread, for callers on an event loop. After each commit those who `listen`
    are called, from the committing thread.
    """

    def __init__(self, url: str) -> None:
        self.url = normal_url(url)
        self.engine = _engine(self.url)
        self._listeners: list[Callable[[], None]] = []
        self.fence: Callable[[sa.Connection], None] | None = None
        """Called at the begin of each transaction that may write; what it raises, ends that before anything is written."""
        # SQLite has one writer; who waits for it inside the database sleeps up to a tenth of a second at a time, and in no order.
        self._writer = threading.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def begin(self) -> Generator[sa.Connection]:
        with told_plainly(self.engine.url), self._turn(), self.engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER)))
            if self.fence is not None:
                self.fence(connection)
            yield connection
        for listener in tuple(self._listeners):
            listener()

    def _turn(self) -> contextlib.AbstractContextManager[object]:
        return self._writer or contextlib.nullcontext()

    @contextlib.contextmanager
    def read(self) -> Generator[sa.Connection]:
        """A transaction that only reads: it waits for no writer, and nobody who listens is called."""
        with told_plainly(self.engine.url), self.engine.connect().execution_options(stead_reads=True) as connection, connection.begin():
            yield connection

    async def look(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(connection, …)` in one transaction that only reads, in a thread."""

        def transaction() -> T:
            with self.read() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(transaction)

    async def run(self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(connection, …)` in one transaction, in a thread."""

        def transaction() -> T:
            with self.begin() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(transaction)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each commit; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        self.engine.dispose()


def normal_url(url: str) -> str:
    """PostgreSQL always through psycopg 3, whichever way its URL is written."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return sa.create_engine(parsed, pool_pre_ping=True, pool_size=8, connect_args={"connect_timeout": CONNECT_SECONDS})
    except (exc.ArgumentError, ValueError) as error:
        raise UserError(
            "store.url is not a database address", hint="use sqlite:////path/to/stead.db or postgresql://user@host/name"
        ) from error
    except ModuleNotFoundError as error:
        hint = "install stead[postgres]" if error.name == "psycopg" else "Stead keeps its data in SQLite or PostgreSQL"
        raise UserError(f"the database driver {error.name} is not installed", hint=hint) from error


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"the state folder {Path(url.database).parent} cannot be made: {error.strerror}", hint="name another with --state"
            ) from error
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver would begin transactions by itself, late and DEFERRED; ours begin IMMEDIATE, below.
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _immediate(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("stead_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


@contextlib.contextmanager
def told_plainly(url: sa.URL) -> Generator[None]:
    """Turn what a person can mend (no room, no right, no server) into a sentence; everything else passes."""
    try:
        yield
    except exc.DatabaseError as error:
        # Its other kinds (a broken constraint, say) are our own mistakes, and may hold words of anybody's.
        if type(error) not in (exc.DatabaseError, exc.OperationalError):
            raise
        place = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
        text = str(error.orig).lower()
        for sign, what, hint in _PLAIN:
            if re.search(sign, text):
                raise StorageError(f"{what} ({place})", hint=hint) from error
        raise


_PLAIN = (
    ("disk is full", "the disk is full: nothing was written", "free some space; Stead goes on where it stopped"),
    ("no space left", "the disk is full: nothing was written", "free some space; Stead goes on where it stopped"),
    ("disk i/o error", "the disk fails: nothing was written", "is it full, or broken? the kernel's log says"),
    ("database is locked", "another program keeps the database locked", "stop it; Stead waited half a minute"),
    ("disk I/O error", "the disk does not take or give data", "look at the disk; Stead goes on where it stopped"),
    ("unable to open database file", "the database cannot be opened", "is the folder there, and may this user write to it?"),
    ("readonly database", "the database cannot be written", "is the folder writable for this user?"),
    ("not a database", "the file is not a database of Stead", "name another folder with --state"),
    ("malformed", "the database is damaged", "restore a backup"),
    ("connection refused", "the database server does not answer", "is PostgreSQL running, and is store.url right?"),
    ("no such file or directory", "the database server does not answer", "is PostgreSQL running, and is store.url right?"),
    ("failed to resolve host", "the database server's name is not known", "check store.url"),
    ("timeout expired", "the database server does not answer in time", "is PostgreSQL running, and is store.url right?"),
    ("password authentication failed", "the database refuses the password", "check store.url"),
    ("no password supplied", "the database wants a password", "check store.url"),
    ('role ".*" does not exist', "the database does not know the user", "create it, or check store.url"),
    ('database ".*" does not exist', "the database does not exist", "create it, or check store.url"),
)
"""(what the driver says, in lower case; what that means; what next): the first that is found."""
