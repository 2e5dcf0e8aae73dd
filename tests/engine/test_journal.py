"""The durable engine underneath: every trap that it is known to have, sprung on purpose.

It is one in a process, so each test starts and stops it; `conftest` sees to it that no thread of it stays.
"""

import asyncio
import json
import pickle
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS

from stead.domain.errors import PermanentError
from stead.engine import journal
from stead.engine.journal import JournalSerializer, at_work, changed, once
from stead.store.database import Store
from stead.store.migrations import migrate
from stead.store.queue import QUEUE, VERSION, Queue

# --- Workflows of this page ------------------------------------------------------------------------------------------------

_runs: list[str] = []
"""What really ran, in order; a step that is taken from the journal leaves no trace here."""

_gate = threading.Event()


@DBOS.workflow(name="test-double", max_recovery_attempts=None)
async def double(given: Any) -> Any:
    _runs.append(f"double {given}")
    return await once("twice", lambda: _twice(given))


async def _twice(given: Any) -> Any:
    _runs.append(f"twice {given}")
    return [given, given]


@DBOS.workflow(name="test-fail", max_recovery_attempts=None)
async def fail(text: str) -> Any:
    return await once("fail", lambda: _fail(text))


async def _fail(text: str) -> Any:
    _runs.append("fail")
    raise ValueError(text)


@DBOS.workflow(name="test-survive", max_recovery_attempts=None)
async def survive(text: str) -> str:
    try:
        await once("fail", lambda: _fail(text))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


@DBOS.workflow(name="test-wait", max_recovery_attempts=None)
async def wait(ref: str) -> str:
    return await once("wait", lambda: _wait(ref))


@DBOS.workflow(name="test-finish", max_recovery_attempts=None)
async def finish(ref: str) -> str:
    with at_work(ref):
        return await once("wait", lambda: _wait(ref))


@DBOS.workflow(name="test-upgrade", max_recovery_attempts=None)
async def upgrade(ref: str) -> list[str]:
    first = await once("first", lambda: _note(f"first {ref}"))
    if _upgraded and await changed("one-step-less"):
        second = await _note(f"directly {ref}")
    else:
        second = await once("second", lambda: _note(f"second {ref}"))
    return [first, second, await once("third", lambda: _note(f"third {ref}"))]


_upgraded: list[bool] = []


async def _note(said: str) -> str:
    _runs.append(said)
    return said


@DBOS.workflow(name="test-where", max_recovery_attempts=None)
async def where() -> int:
    return threading.get_ident()


async def _wait(ref: str) -> str:
    _runs.append(f"waits {ref}")
    await asyncio.to_thread(_gate.wait, 30)
    return ref


@DBOS.workflow(name="test-leak", max_recovery_attempts=None)
async def leak(kind: str) -> Any:
    return await once("leak", lambda: _leak(kind))


async def _leak(kind: str) -> Any:
    return _NOT_JSON[kind]


_NOT_JSON: dict[str, Any] = {
    "set": {1, 2},
    "bytes": b"\x80\x04",
    "time": datetime(2026, 1, 5, tzinfo=UTC),
    "object": JournalSerializer(),
    "deep": {"a": [{"b": {1}}]},
}


# --- An engine that can be started, asked, stopped and started again -------------------------------------------------------


TABLES = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")
"""Where the engine writes what we give it."""


class Engine:
    """One database with the durable engine on it."""

    def __init__(self, url: str) -> None:
        self.store = Store(url)
        self.queue = Queue(self.store, JournalSerializer(), journal.look_now)
        self.runs = False
        with self.store.begin() as connection:
            migrate(connection)

    async def start(self) -> None:
        await journal.launch(self.store)
        self.runs = True

    async def stop(self) -> None:
        if self.runs:
            self.runs = False
            await journal.stop()

    def enqueue(self, workflow: str, workflow_id: str, *args: Any) -> None:
        with self.store.begin() as connection:
            self.queue.enqueue(connection, workflow, workflow_id, *args)

    async def result(self, workflow_id: str) -> Any:
        # Not by its asynchronous half, which would have this loop work with the engine's threads.
        handle: Any = await asyncio.to_thread(DBOS.retrieve_workflow, workflow_id)
        return await asyncio.wait_for(asyncio.to_thread(handle.get_result, polling_interval_sec=0.02), 30)

    def rows(self, table: str) -> list[dict[str, Any]]:
        name = table if self.store.is_sqlite else f"dbos.{table}"
        with self.store.read() as connection:
            return [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]

    def forget_that_it_ended(self, workflow_id: str) -> None:
        """As a `kill -9` between the last step and the end leaves it."""
        schema = "" if self.store.is_sqlite else "dbos."
        with self.store.begin() as connection:
            for change in (
                f"UPDATE {schema}workflow_status SET status='PENDING', output=NULL, error=NULL, completed_at=NULL WHERE workflow_uuid=:id",
                f"DELETE FROM {schema}workflow_output WHERE workflow_uuid=:id",
            ):
                connection.execute(sa.text(change), {"id": workflow_id})

    def outstanding(self) -> int:
        with self.store.read() as connection:
            return self.queue.outstanding(connection)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Engine]:
    _runs.clear()
    _gate.clear()
    engine = Engine(database_url)
    await engine.start()
    yield engine
    _gate.set()
    await engine.stop()
    engine.queue.close()
    engine.store.close()


# --- One transaction with what makes it necessary --------------------------------------------------------------------------


async def test_what_is_enqueued_runs_under_a_pinned_version_and_off_the_loop_that_started_it(engine: Engine):
    engine.enqueue("test-double", "trg:1", {"a": 1})
    engine.enqueue("test-where", "trg:2")
    assert await engine.result("trg:1") == [{"a": 1}, {"a": 1}]
    assert await engine.result("trg:2") != threading.get_ident(), "one that blocks would stall every watch"
    assert engine.outstanding() == 0
    for row in engine.rows("workflow_status"):
        assert (row["application_version"], row["executor_id"], row["queue_name"]) == (VERSION, journal.EXECUTOR, QUEUE)
    assert VERSION == "stead-1", "a change of it strands whatever is pending: gate the change of a workflow instead"


async def test_an_enqueue_in_a_transaction_that_never_was_is_none(engine: Engine):
    with pytest.raises(RuntimeError), engine.store.begin() as connection:
        engine.queue.enqueue(connection, "test-double", "trg:1", "lost")
        raise RuntimeError
    assert engine.rows("workflow_status") == []
    engine.enqueue("test-double", "trg:1", "kept")
    assert await engine.result("trg:1") == ["kept", "kept"]
    assert _runs == ["double kept", "twice kept"]


async def test_an_id_that_was_used_is_the_same_work(engine: Engine):
    with engine.store.begin() as connection:
        for text in ("first", "again"):
            engine.queue.enqueue(connection, "test-double", "act:1", text)
    assert await engine.result("act:1") == ["first", "first"]
    engine.enqueue("test-double", "act:1", "second")
    engine.enqueue("test-fail", "act:1", "another workflow")
    assert engine.outstanding() == 0
    assert await engine.result("act:1") == ["first", "first"]
    assert _runs == ["double first", "twice first"]
    assert len(engine.rows("workflow_status")) == 1


async def test_what_is_enqueued_or_runs_is_outstanding(engine: Engine):
    for n in range(3):
        engine.enqueue("test-wait", f"act:{n}", str(n))
    assert engine.outstanding() == 3
    _gate.set()
    assert [await engine.result(f"act:{n}") for n in range(3)] == ["0", "1", "2"]
    assert engine.outstanding() == 0


# --- After a crash ---------------------------------------------------------------------------------------------------------


async def test_work_that_was_pending_is_taken_up_and_its_steps_are_not_run_again(engine: Engine):
    engine.enqueue("test-double", "act:1", "x")
    before = await engine.result("act:1")
    await engine.stop()
    engine.forget_that_it_ended("act:1")
    assert engine.outstanding() == 1
    await engine.start()
    assert await engine.result("act:1") == before
    assert _runs == ["double x", "twice x", "double x"]


async def test_what_was_under_way_before_an_upgrade_goes_on_by_the_steps_with_which_it_began(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    engine.enqueue("test-upgrade", "act:old", "old")
    before = await engine.result("act:old")
    await engine.stop()
    monkeypatch.setitem(globals(), "_upgraded", [True])
    engine.forget_that_it_ended("act:old")
    await engine.start()
    engine.enqueue("test-upgrade", "act:new", "new")
    assert await engine.result("act:old") == before == ["first old", "second old", "third old"]
    assert await engine.result("act:new") == ["first new", "directly new", "third new"]
    await engine.stop()
    engine.forget_that_it_ended("act:new")
    await engine.start()
    assert await engine.result("act:new") == ["first new", "directly new", "third new"]
    assert _runs == ["first old", "second old", "third old", "first new", "directly new", "third new", "directly new"]


async def test_work_that_was_enqueued_while_nothing_ran_is_taken_up(engine: Engine):
    await engine.stop()
    engine.enqueue("test-double", "trg:1", "x")
    await engine.start()
    assert await engine.result("trg:1") == ["x", "x"]


async def test_a_stop_lets_what_runs_finish(engine: Engine):
    engine.enqueue("test-finish", "act:1", "x")
    while not _runs:
        await asyncio.sleep(0.01)
    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0)
    assert engine.outstanding() == 1
    _gate.set()
    await stopping
    await engine.start()
    assert await engine.result("act:1") == "x"
    assert _runs == ["waits x"], "its step had the time to be written down"


async def test_a_stop_leaves_to_the_next_start_what_does_not_finish(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal, "STOP_WITHIN", timedelta(milliseconds=50))
    engine.enqueue("test-finish", "act:1", "x")
    while not _runs:
        await asyncio.sleep(0.01)
    await engine.stop()
    assert engine.outstanding() == 1
    _gate.set()
    await engine.start()
    assert await engine.result("act:1") == "x"
    assert _runs == ["waits x", "waits x"]


# --- What is written down --------------------------------------------------------------------------------------------------


def written(engine: Engine) -> list[str]:
    """Every input, output and error in the engine's tables."""
    rows = [row for table in TABLES for row in engine.rows(table)]
    return [row[column] for row in rows for column in ("inputs", "output", "error") if row.get(column) is not None]


async def test_the_journal_is_json_that_a_person_can_read_and_never_a_pickle(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: Any, **_options: Any) -> Any:
        raise AssertionError("somebody pickled")

    for name in ("dumps", "loads"):
        monkeypatch.setattr(pickle, name, refuse)
    engine.enqueue("test-double", "trg:1", {"pod": "payments/api"})
    engine.enqueue("test-survive", "trg:2", "boom")
    await engine.result("trg:1")
    await engine.result("trg:2")
    texts = written(engine)
    assert {"pod": "payments/api"} in [json.loads(text)["value"]["args"][0] for text in texts if "args" in text]
    assert [{"pod": "payments/api"}] * 2 in [json.loads(text).get("value") for text in texts]
    assert {"error": ["ValueError", "boom"]} in [json.loads(text) for text in texts]
    said = {row["serialization"] for table in ("workflow_status", "operation_outputs") for row in engine.rows(table)}
    assert said == {JournalSerializer().name()}


async def test_what_is_not_json_is_not_written(engine: Engine):
    for kind in _NOT_JSON:
        engine.enqueue("test-leak", f"trg:{kind}", kind)
        with pytest.raises(PermanentError, match="may not be written to the journal: give it as plain JSON values"):
            await engine.result(f"trg:{kind}")
        with pytest.raises(TypeError, match="may not be written"):
            engine.enqueue("test-double", f"act:{kind}", _NOT_JSON[kind])
    assert len(engine.rows("workflow_status")) == len(_NOT_JSON)
    for text in written(engine):
        json.loads(text)


async def test_an_error_comes_back_as_a_permanent_one_with_its_name_and_words(engine: Engine):
    engine.enqueue("test-fail", "trg:1", "the node `node-3` is gone")
    with pytest.raises(PermanentError, match=r"^ValueError: the node `node-3` is gone$"):
        await engine.result("trg:1")
    assert engine.outstanding() == 0


async def test_a_failed_step_fails_the_same_way_when_its_workflow_is_resumed(engine: Engine):
    engine.enqueue("test-survive", "trg:1", "boom")
    assert await engine.result("trg:1") == "ValueError: boom"
    await engine.stop()
    engine.forget_that_it_ended("trg:1")
    await engine.start()
    assert await engine.result("trg:1") == "PermanentError: ValueError: boom"
    assert _runs == ["fail"], "it was tried once"


# --- What has ended is forgotten -------------------------------------------------------------------------------------------


async def test_what_ended_is_forgotten_and_what_runs_is_not(engine: Engine):
    engine.enqueue("test-double", "trg:1", "x")
    engine.enqueue("test-fail", "trg:2", "boom")
    engine.enqueue("test-wait", "trg:3", "x")
    await engine.result("trg:1")
    with pytest.raises(PermanentError):
        await engine.result("trg:2")
    now = datetime.now(UTC)
    assert await asyncio.to_thread(journal.forget_finished, now - timedelta(hours=1)) == 0
    assert len(engine.rows("workflow_status")) == 3
    assert await asyncio.to_thread(journal.forget_finished, now + timedelta(hours=1)) == 2
    assert {row["workflow_uuid"] for table in TABLES for row in engine.rows(table)} == {"trg:3"}
    _gate.set()
    assert await engine.result("trg:3") == "x"


async def test_more_than_one_handful_is_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal, "_DELETE_AT_ONCE", 2)
    for n in range(5):
        engine.enqueue("test-double", f"trg:{n}", n)
    for n in range(5):
        await engine.result(f"trg:{n}")
    assert await asyncio.to_thread(journal.forget_finished, datetime.now(UTC) + timedelta(hours=1)) == 5
    assert not any(engine.rows(table) for table in TABLES)


async def test_the_loop_can_go_on_after_a_stop(engine: Engine):
    """The engine lends the loop its threads, and takes them away: what closes after it needs some."""
    await engine.stop()
    assert await asyncio.to_thread(lambda: "still here") == "still here"
    assert await engine.store.look(lambda _connection: 1) == 1


async def test_the_queue_can_be_told_to_stop_before_the_engine_is(engine: Engine) -> None:
    """The one thing that `stop` asks of the engine beyond its documented calls: still there, and still events."""
    instance = journal._running[0]
    assert instance.background_thread_stop_events
    assert all(isinstance(event, threading.Event) for event in instance.background_thread_stop_events)
