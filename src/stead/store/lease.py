"""One process owns a state folder.

Two locks, because each sees what the other cannot: `flock` is freed by `kill -9` and seen by every container of the host that mounts
the folder; a lease row in the database, renewed while the owner lives, is seen by a process on another host or folder. A dead
owner's lease is waited out (10 s), unless it was this very folder's: then the flock that is now ours proves that its owner is gone.
"""

from __future__ import annotations

import fcntl
import os
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from stead.domain.errors import Exit, StorageError, UserError
from stead.store.tables import lease

LASTS = timedelta(seconds=10)
RENEW_EVERY = timedelta(seconds=3)
_NAME = "owner"


class LostError(StorageError):
    """Another process has taken over: what this one still has under way may not be written."""


class FolderLock:
    """An exclusive flock on `folder/lock`, held until `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    def take(self) -> None:
        """UserError when another process holds it, or the folder cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = (self.folder / "lock").open("a+")
        except OSError as error:
            raise UserError(
                f"the state folder {self.folder} cannot be written: {error.strerror}", hint="name another with --state"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            file.close()
            raise UserError(
                f"another Stead (process {owner}) works in the state folder {self.folder}",
                hint="stop it, or name another folder with --state",
                code=Exit.REFUSED,
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def holder(folder: Path) -> str:
    """Who we are: this host and this folder, the same after a restart and different everywhere else."""
    return f"{socket.gethostname()}:{folder.resolve()}"


def take(connection: sa.Connection, who: str, now: datetime) -> datetime | None:
    """Take or renew the lease. None when it is ours now; else the time until which another holds it. Times are the wall clock's."""
    row = connection.execute(sa.select(lease).where(lease.c.name == _NAME)).first()
    if row is None:
        connection.execute(sa.insert(lease).values(name=_NAME, holder=who, until=now + LASTS))
        return None
    if row.holder != who and row.until > now:
        return row.until
    connection.execute(sa.update(lease).where(lease.c.name == _NAME).values(holder=who, until=now + LASTS))
    return None


def still_held(connection: sa.Connection, who: str) -> None:
    """LostError where another has taken the lease, or had it and gave it back. One that ran out and that nobody took is still ours."""
    if connection.execute(sa.select(lease.c.holder).where(lease.c.name == _NAME)).scalar() != who:
        raise LostError("another Stead has taken over this database", hint="one of them is enough; this one changes nothing any more")


def touch(connection: sa.Connection) -> None:
    """Write what is there: StorageError where the database takes no write."""
    connection.execute(sa.update(lease).where(lease.c.name == _NAME).values(name=_NAME))


def release(connection: sa.Connection, who: str) -> None:
    connection.execute(sa.delete(lease).where(lease.c.name == _NAME, lease.c.holder == who))
