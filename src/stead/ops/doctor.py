"""`stead doctor`: whether Stead can work here, line by line, each with its next step. Nothing is changed or written."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stead.app.channel_settings import channel_settings
from stead.app.config import Loaded
from stead.app.config_check import check as check_config
from stead.app.discover import shelves
from stead.app.estate_settings import HostEstate, KubernetesEstate
from stead.clocks import SystemClock
from stead.domain.errors import UserError

OLDEST_SQLITE = (3, 35, 0)
"""The first with RETURNING (https://www.sqlite.org/lang_returning.html), which claims a row and reads it in one statement."""

LITTLE_SPACE = 1_000_000_000
"""Bytes. A year of a homelab's events and journals is some hundred MB."""
NO_SPACE = 50_000_000


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`about` names what was looked at, `what` says how it stands, `hint` the next step where there is one to take."""

    state: State
    about: str
    what: str
    hint: str = ""


def ok(about: str, what: str) -> Line:
    return Line(state=State.OK, about=about, what=what)


def warn(about: str, what: str, hint: str = "") -> Line:
    return Line(state=State.WARN, about=about, what=what, hint=hint)


def fail(about: str, what: str, hint: str = "") -> Line:
    return Line(state=State.FAIL, about=about, what=what, hint=hint)


async def examine(loaded: Loaded) -> AsyncIterator[Line]:
    """Every line, as it is known."""
    from stead.ops.doctor_host import examine_own

    for line in _machine(loaded):
        yield line
    yield await asyncio.to_thread(_database, loaded)
    yield await asyncio.to_thread(_port, loaded)
    async for line in _channels(loaded):
        yield line
    if loaded.settings.checks.folders:
        yield await examine_own(loaded.settings)
    async for line in _repositories(loaded):
        yield line
    async for line in _estates(loaded):
        yield line


async def _repositories(loaded: Loaded) -> AsyncIterator[Line]:
    for repository in loaded.settings.repositories:
        from stead.ops.doctor_code import examine_coder, examine_repository

        yield await examine_repository(repository, loaded.folder)
        if repository.coder is not None:
            yield await examine_coder(repository.name, repository.coder, loaded.settings.models)


async def _estates(loaded: Loaded) -> AsyncIterator[Line]:
    from stead.ops.doctor_host import examine_host, examine_probes
    from stead.ops.doctor_kubernetes import examine_cluster

    if not loaded.settings.estates and not loaded.settings.checks.folders:
        yield warn("estates", "there is nothing to watch", "set KUBECONFIG, or list `estates:` in stead.yaml")
    for estate in loaded.settings.estates:
        if isinstance(estate, KubernetesEstate):
            async for line in examine_cluster(estate):
                yield line
        elif isinstance(estate, HostEstate):
            async for line in examine_host(estate):
                yield line
        else:
            yield examine_probes(estate)


def _machine(loaded: Loaded) -> Iterator[Line]:
    yield ok("python", sys.version.split()[0])
    good = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    yield (
        ok("sqlite", sqlite3.sqlite_version) if good else fail("sqlite", f"{sqlite3.sqlite_version} is too old", "3.35 or newer is needed")
    )
    yield _configuration(loaded)
    yield _folder(loaded.folder)
    yield _space(loaded.folder)
    if Path("/run/systemd/system").is_dir():
        yield ok("systemd", "runs here")
    else:
        yield ok("systemd", "does not run here; start `stead up` by another supervisor")


def _configuration(loaded: Loaded) -> Line:
    try:
        lines = check_config(loaded)
    except UserError as error:
        return fail("configuration", error.what, error.hint)
    return ok("configuration", "; ".join(lines[3:]))


def _folder(folder: Path) -> Line:
    existing = _existing(folder)
    if not existing.is_dir():
        return fail("state folder", f"{existing} is not a folder", "name another with --state")
    if not os.access(existing, os.W_OK | os.X_OK):
        return fail("state folder", f"this user may not write to {existing}", "change its owner, or name another with --state")
    if existing == folder and folder.stat().st_mode & 0o077:
        return warn("state folder", f"others may look into {folder}", f"chmod 700 {folder}")
    return ok("state folder", str(folder) if existing == folder else f"{folder} will be made")


def _space(folder: Path) -> Line:
    try:
        free = shutil.disk_usage(_existing(folder)).free
    except OSError as error:
        return fail("disk", f"its free space is unknown: {error.strerror}")
    text = f"{free / 1e9:.1f} GB free"
    if free < NO_SPACE:
        return fail("disk", text, "free some space: nothing can be written down")
    return ok("disk", text) if free >= LITTLE_SPACE else warn("disk", text, "free some space before it runs out")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest thing above it that is there."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _database(loaded: Loaded) -> Line:
    """PostgreSQL is asked; a SQLite file that is not there yet is not made."""
    import sqlalchemy as sa
    from sqlalchemy.exc import SQLAlchemyError

    from stead.store.database import Store

    if loaded.settings.store.url is None and not (loaded.folder / "stead.db").exists():
        return ok("database", "a SQLite file, to be made at the first start")
    try:
        store = Store(loaded.database_url)
        try:
            with store.begin() as connection:
                connection.execute(sa.text("select 1"))
        finally:
            store.close()
    except UserError as error:
        return fail("database", error.what, error.hint)
    except SQLAlchemyError as error:
        return fail("database", f"does not answer: {' '.join(str(error).split())[:200]}", "check store.url")
    return ok("database", "answers")


def _port(loaded: Loaded) -> Line:
    from stead.app.listening import listening_socket

    server = loaded.settings.server
    try:
        listening_socket(server.host, server.port).close()
    except UserError as error:
        if _is_stead(server.host, server.port):
            return ok("port", f"Stead listens on {server.bind}")
        return fail("port", error.what, error.hint)
    if server.loopback:
        return ok("port", f"{server.bind} is free")
    return warn("port", f"{server.bind} is beyond loopback, without TLS", "put a proxy with TLS in front, and bind loopback")


async def _channels(loaded: Loaded) -> AsyncIterator[Line]:
    """Whether each channel can be opened, its secrets included. Nothing is sent."""
    try:
        configured = list(channel_settings(loaded.settings, shelves(loaded.settings.checks.folders).channels, loaded.written))
    except UserError:
        return  # the configuration's line tells of it
    for channel, kind, own in configured:
        try:
            opened = kind.open(channel.name, own, SystemClock())
        except UserError as error:
            yield fail(f"channel {channel.name}", error.what, error.hint)
        else:
            await opened.close()
            yield ok(f"channel {channel.name}", f"{kind.kind}, can be opened")


def _is_stead(host: str, port: int) -> bool:
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return b"ready" in connection.getresponse().read(100)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
