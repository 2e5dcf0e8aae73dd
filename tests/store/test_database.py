"""Transactions: whole or not at all, one writer at a time; and what a person is told when there can be none."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from stead.clocks import SteppedClock
from stead.domain.errors import Exit, UserError
from stead.store import events, incidents
from stead.store.database import Store, normal_url
from stead.store.migrations import migrate

# --- Transactions ----------------------------------------------------------------------------------------------------------


def say(connection: sa.Connection, clock: SteppedClock, text: str = "hello") -> None:
    events.record(connection, "run.step", at=clock.now(), estate="home", data={"said": text})


def said(store: Store) -> list[str]:
    with store.read() as connection:
        return [event["data"]["said"] for event in events.after(connection, 0)]


async def test_what_fails_half_way_never_was(store: Store, clock: SteppedClock):
    def half(connection: sa.Connection) -> None:
        say(connection, clock)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await store.run(half)
    assert said(store) == []
    await store.run(say, clock, "whole")
    assert said(store) == ["whole"]


async def test_a_reader_neither_waits_for_the_writer_nor_sees_half_of_what_it_writes(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        say(connection, clock)
        assert await asyncio.wait_for(store.look(events.latest), 10) == 0
    assert await store.look(events.latest) == 1


def test_what_was_read_in_a_transaction_still_holds_at_its_end(store: Store, clock: SteppedClock):
    """Eight writers read the greatest number and write the next one: none of them twice."""
    together = threading.Barrier(8)

    def add() -> None:
        together.wait()
        with store.begin() as connection:
            say(connection, clock, str(events.latest(connection) + 1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said(store)) == [str(n) for n in range(1, 9)]


def test_who_listens_hears_of_commits_and_of_nothing_else(store: Store, clock: SteppedClock):
    heard: list[int] = []
    stop = store.listen(lambda: heard.append(len(said(store))))
    with store.begin() as connection:
        say(connection, clock)
        assert heard == []
    assert heard == [1], "after the commit, when what was written can be read"
    with store.read() as connection:
        events.latest(connection)
    with pytest.raises(RuntimeError), store.begin() as connection:
        say(connection, clock)
        raise RuntimeError
    stop()
    with store.begin() as connection:
        say(connection, clock)
    assert heard == [1]


def test_what_was_acknowledged_is_on_the_disk(sqlite_url: str):
    store = Store(sqlite_url)
    with store.begin() as connection:
        asked = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    store.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("words", ["a\0b", "\ud800", "\udfff\0"])
def test_words_that_no_database_can_keep_are_kept_as_far_as_they_go(store: Store, clock: SteppedClock, words: str):
    with store.begin() as connection:
        opened = incidents.opened(connection, estate="home", severity=incidents.Severity.INFO, title=words, cause="c", now=clock.now())
        say(connection, clock, words)
    assert set(opened.title) <= set("ab?")
    assert len(said(store)) == 1


# --- What cannot be --------------------------------------------------------------------------------------------------------


def told_by(url: str) -> UserError:
    with pytest.raises(UserError) as told:
        store = Store(url)
        try:
            with store.begin() as connection:
                migrate(connection)
        finally:
            store.close()
    assert told.value.hint
    assert len(told.value.what.splitlines()) == 1
    assert told.value.code is Exit.USAGE
    return told.value


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path):
    file = tmp_path / "stead.db"
    file.write_text("shopping: milk, bread\n" * 100)
    assert told_by(f"sqlite:///{file}").what == f"the file is not a database of Stead ({file})"
    assert file.read_text().startswith("shopping")


def test_a_damaged_database(tmp_path: Path):
    store = Store(f"sqlite:///{tmp_path}/stead.db")
    with store.begin() as connection:
        migrate(connection)
    store.close()
    raw = bytearray((tmp_path / "stead.db").read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    raw[100:4096] = b"\xff" * 3996
    (tmp_path / "stead.db").write_bytes(raw)
    assert told_by(f"sqlite:///{tmp_path}/stead.db").what == f"the database is damaged ({tmp_path}/stead.db)"


def test_a_folder_where_a_file_is(tmp_path: Path):
    (tmp_path / "state").write_text("")
    assert told_by(f"sqlite:///{tmp_path}/state/stead.db").what == f"the state folder {tmp_path}/state cannot be made: File exists"


def test_a_database_that_is_a_folder(tmp_path: Path):
    (tmp_path / "stead.db").mkdir()
    assert told_by(f"sqlite:///{tmp_path}/stead.db").what == f"the database cannot be opened ({tmp_path}/stead.db)"


READ_ONLY = """
import json, os, sys
from datetime import UTC, datetime
from stead.domain.errors import UserError
from stead.store import lease
from stead.store.database import Store
from stead.store.migrations import migrate

def told(path):
    try:
        store = Store(f"sqlite:///{path}")
        with store.begin() as connection:
            migrate(connection)
            lease.take(connection, "us", datetime.now(UTC))
        store.close()
    except UserError as error:
        return error.what
    return "no word"

# All that is needed is imported before the rights are given away, should this run as root.
folder = sys.argv[1]
told(f"{folder}/full/stead.db")
os.chmod(f"{folder}/full/stead.db", 0o444)
for name in ("full", "new"):
    os.chmod(f"{folder}/{name}", 0o555)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
print(json.dumps([told(f"{folder}/{name}/stead.db") for name in ("full", "new", "new/below")]))
"""


def test_a_folder_that_may_not_be_written():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name in ("full", "new"):
            (Path(folder) / name).mkdir()
        done = subprocess.run([sys.executable, "-c", READ_ONLY, folder], capture_output=True, text=True, timeout=60, check=False)
        for name in ("full", "new"):
            (Path(folder) / name).chmod(0o755)
        assert done.stderr == ""
        full, new, below = json.loads(done.stdout)
    assert full == f"the database cannot be written ({folder}/full/stead.db)"
    assert new == f"the database cannot be opened ({folder}/new/stead.db)"
    assert below == f"the state folder {folder}/new/below cannot be made: Permission denied"


def test_a_full_disk_is_told_and_nothing_before_it_is_lost(sqlite_url: str, clock: SteppedClock):
    store = Store(sqlite_url)
    with store.begin() as connection:
        migrate(connection)
        say(connection, clock, "before")
    with store.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(UserError, match="the disk is full: nothing was written") as told, store.begin() as connection:
        say(connection, clock, "small")
        say(connection, clock, "x" * 100_000)
    assert "Stead goes on" in told.value.hint
    assert said(store) == ["before"]
    with store.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1000}")
        say(connection, clock, "x" * 100_000)
    assert len(said(store)) == 2
    store.close()


def test_a_database_that_another_program_locks(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stead.store.database.BUSY_TIMEOUT_MS", 1)
    store, other = Store(sqlite_url), Store(sqlite_url)
    with other.begin(), pytest.raises(UserError, match="another program keeps the database locked"), store.begin():
        pass
    store.close()
    other.close()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (
            "postgresql://sam:hunter2@127.0.0.1:1/stead",
            "the database server does not answer (postgresql+psycopg://sam:***@127.0.0.1:1/stead)",
        ),
        ("postgresql://sam@/stead?host=/nowhere", "the database server does not answer (postgresql+psycopg://sam@/stead?host=%2Fnowhere)"),
        ("postgresql://sam@db:port/stead", "store.url is not a database address"),
        ("stead.db", "store.url is not a database address"),
        ("", "store.url is not a database address"),
        ("oracle-of-delphi://x", "store.url is not a database address"),
        ("mysql://sam@127.0.0.1/stead", "the database driver MySQLdb is not installed"),
    ],
)
def test_an_address_that_leads_nowhere(url: str, what: str):
    assert told_by(url).what == what


def test_a_database_and_a_user_that_the_server_does_not_know(postgres_url: str):
    url = sa.make_url(postgres_url)
    unknown = url.set(database="nothing").render_as_string(hide_password=False)
    assert told_by(unknown).what.startswith("the database does not exist (postgresql+psycopg://postgres@/nothing?")
    stranger = url.set(username="stranger").render_as_string(hide_password=False)
    assert told_by(stranger).what.startswith("the database does not know the user (postgresql+psycopg://stranger@/")


def test_a_mistake_of_our_own_is_no_circumstance(store: Store):
    """Words in a row that read like a driver's error do not make a broken constraint into a full disk."""
    row = {"name": "disk is full", "holder": "x", "until": "y"}
    insert = sa.text("INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until)")
    with pytest.raises(sa.exc.IntegrityError), store.begin() as connection:
        connection.execute(insert, row)
        connection.execute(insert, row)


@pytest.mark.parametrize("url", ["postgres://a/b", "postgresql://a/b", "postgresql+psycopg://a/b"])
def test_postgresql_is_spoken_to_by_one_driver_however_its_address_is_written(url: str):
    assert normal_url(url) == "postgresql+psycopg://a/b"
