"""The history on disk: one SQLite file in the state folder. It is written by one process, and can be deleted without harm.

Promise: a file that cannot be read is put aside and a new one begun: a history is never a reason not to watch.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from stead.domain.change import Change
from stead.domain.errors import UserError
from stead.domain.typed import known

log = logging.getLogger(__name__)

MAX_AGE = timedelta(days=30)
MOST_CHANGES = 20_000
"""Some 10 MB; the oldest go first."""
MOST_OF_ONE = 100
"""Changes of one object that are kept: some controllers write a ConfigMap every few seconds."""
VERSION = 1
_PRUNE_EVERY = 500

_SCHEMA = """
create table spec (estate text, kind text, namespace text, name text, uid text, hash blob, body blob,
                   primary key (estate, kind, namespace, name)) without rowid;
create table known (estate text, kind text, primary key (estate, kind)) without rowid;
create table change (id integer primary key, at real, estate text, kind text, namespace text, name text, body text);
create index change_at on change (at);
create index change_of on change (estate, kind, namespace, name, id);
"""

Place = tuple[str, str, str]
"""(kind, namespace, name) of an object; `kind` is kind and group, `Deployment.apps`."""


class Book:
    """Opened by the service for as long as it runs. Not safe across threads: everything happens on the event loop, in microseconds."""

    def __init__(self, path: Path | None) -> None:
        """`path` None keeps it in memory. UserError when the file can be neither read nor replaced."""
        try:
            self._db = _opened(path)
        except (sqlite3.Error, OSError) as error:
            raise UserError(f"the history at {path} cannot be opened: {error}", hint="check who may write there") from error
        self._added = 0
        self._full = False

    def close(self) -> None:
        self.commit()
        self._db.close()

    def commit(self) -> None:
        """Make what was written last."""
        if self._db.in_transaction:
            try:
                self._db.commit()
                self._full = False
            except sqlite3.Error as error:
                self._lost(error)

    # Specs

    def hashes(self, estate: str) -> dict[Place, bytes]:
        """The hash of the last known state of each object."""
        rows = self._db.execute("select kind, namespace, name, hash from spec where estate = ?", (estate,))
        return {(kind, namespace, name): found for kind, namespace, name, found in rows}

    def bodies(self, estate: str, kind: str) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The last known state of every object of a kind."""
        for namespace, name, body in self._db.execute(
            "select namespace, name, body from spec where estate = ? and kind = ?", (estate, kind)
        ):
            yield (kind, namespace, name), _unpacked(body)

    def body(self, estate: str, place: Place) -> dict[str, Any] | None:
        row = self._db.execute(
            "select body from spec where estate = ? and kind = ? and namespace = ? and name = ?", (estate, *place)
        ).fetchone()
        return None if row is None else _unpacked(row[0])

    def put(self, estate: str, place: Place, uid: str, hashed: bytes, body: dict[str, Any]) -> None:
        packed = zlib.compress(msgspec.json.encode(body), 6)
        self._write("insert or replace into spec values (?, ?, ?, ?, ?, ?, ?)", (estate, *place, uid, hashed, packed))

    def remove(self, estate: str, place: Place) -> None:
        self._write("delete from spec where estate = ? and kind = ? and namespace = ? and name = ?", (estate, *place))

    def known(self, estate: str) -> set[str]:
        """The kinds that were read completely once: what appears in one of them afterwards is new."""
        return {kind for (kind,) in self._db.execute("select kind from known where estate = ?", (estate,))}

    def know(self, estate: str, kind: str) -> None:
        self._write("insert or ignore into known values (?, ?)", (estate, kind))

    # Changes

    def add(self, place: Place, change: Change) -> None:
        estate = change.subject.estate
        body = msgspec.json.encode(change).decode()
        self._write(
            "insert into change (at, estate, kind, namespace, name, body) values (?, ?, ?, ?, ?, ?)",
            (change.at.timestamp(), estate, *place, body),
        )
        self._write(
            "delete from change where id in (select id from change where estate = ? and kind = ? and namespace = ? and name = ?"
            " order by id desc limit -1 offset ?)",
            (estate, *place, MOST_OF_ONE),
        )
        self._added += 1
        if self._added % _PRUNE_EVERY == 0:
            self.prune(change.at)

    def correct(self, place: Place, change: Change) -> None:
        """Put this in the place of the object's last change."""
        body = msgspec.json.encode(change).decode()
        self._write(
            "update change set body = ? where id ="
            " (select max(id) from change where estate = ? and kind = ? and namespace = ? and name = ?)",
            (body, change.subject.estate, *place),
        )

    def prune(self, now: datetime) -> None:
        """Forget what is too old, or too much."""
        self._write("delete from change where at < ?", ((now - MAX_AGE).timestamp(),))
        self._write("delete from change where id in (select id from change order by at desc limit -1 offset ?)", (MOST_CHANGES,))

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        """A disk that takes nothing costs the history what happened meanwhile, and nothing else: the watch goes on."""
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            self._lost(error)

    def _lost(self, error: sqlite3.Error) -> None:
        with suppress(sqlite3.Error):
            self._db.rollback()
        if not self._full:
            log.warning("the history of changes could not be written (%s): it lacks what happens now", error)
        self._full = True

    def of_one(self, estate: str, place: Place) -> list[Change]:
        """The changes of one object that are kept, newest first."""
        rows = self._db.execute(
            "select body from change where estate = ? and kind = ? and namespace = ? and name = ? order by id desc", (estate, *place)
        )
        return [msgspec.json.decode(body, type=known(Change)) for (body,) in rows]

    def changes(self, *, since: datetime | None = None, estate: str = "", most: int = 500) -> list[Change]:
        """Changes made since then, newest first, of one estate or ("") of all."""
        where, values = "at >= ?", [0.0 if since is None else since.timestamp()]
        rows = self._db.execute(
            f"select body from change where {where} and (? = '' or estate = ?) order by at desc, id desc limit ?",  # noqa: S608 - no input
            (*values, estate, estate, most),
        )
        return [msgspec.json.decode(body, type=known(Change)) for (body,) in rows]


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _with_schema(sqlite3.connect(":memory:"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    try:
        return _with_schema(_connected(path))
    except sqlite3.DatabaseError:
        stamp = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        path.replace(path.with_name(f"{path.name}.unreadable-{stamp:%Y%m%dT%H%M%S}"))
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
        path.touch(mode=0o600)
        return _with_schema(_connected(path))


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False)
    db.execute("pragma journal_mode = wal")
    # A power cut may take the last moment of the history with it: it is told again by the next list.
    db.execute("pragma synchronous = normal")
    return db


def _with_schema(db: sqlite3.Connection) -> sqlite3.Connection:
    try:
        (version,) = db.execute("pragma user_version").fetchone()
        if version == 0:
            with closing(db.cursor()) as cursor:
                cursor.executescript(f"begin; {_SCHEMA} pragma user_version = {VERSION}; commit;")
        db.execute("select count(*) from spec").fetchone()
    except sqlite3.DatabaseError:
        db.close()
        raise
    if version not in (0, VERSION):
        db.close()
        raise sqlite3.DatabaseError(f"it is of version {version}")
    return db


def _unpacked(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(zlib.decompress(body), type=dict[str, Any])
    except (zlib.error, ValueError):
        return {}
