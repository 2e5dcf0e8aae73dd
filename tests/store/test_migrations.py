"""The schema: made from nothing, made once, the same as the models say, and never taken back to an older program."""

import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.domain.finding import Severity
from stead.engine import journal
from stead.store import incidents
from stead.store.database import Store
from stead.store.migrations import migrate, ours
from stead.store.tables import OURS, metadata


def tables(store: Store) -> set[str]:
    """But for those in which SQLite keeps the index of words."""
    with store.read() as connection:
        return {name for name in sa.inspect(connection).get_table_names() if "_search" not in name}


def differences(store: Store) -> list[object]:
    """What Alembic would change in the database to have it as the models say."""
    with store.read() as connection:
        # On SQLite Alembic takes DEFAULT '' for another default than "".
        options = {"include_name": ours, "compare_type": True, "compare_server_default": not store.is_sqlite}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_a_fresh_database_has_every_table(empty: Store):
    with empty.begin() as connection:
        migrate(connection)
    assert tables(empty) == {*OURS, "alembic_version"}


def test_the_migrations_make_what_the_models_say(fresh: Store):
    assert differences(fresh) == []


async def test_the_durable_engines_tables_are_none_of_our_business(fresh: Store):
    await journal.launch(fresh)
    await journal.stop()
    with fresh.read() as connection:
        schema = None if fresh.is_sqlite else "dbos"
        theirs = set(sa.inspect(connection).get_table_names(schema))
    assert "workflow_status" in theirs
    assert differences(fresh) == []
    with fresh.begin() as connection:
        migrate(connection)
        assert set(sa.inspect(connection).get_table_names(schema)) >= theirs


def test_a_second_start_changes_nothing(fresh: Store, clock: SteppedClock):
    with fresh.begin() as connection:
        incidents.opened(connection, estate="home", severity=Severity.WARNING, title="t", cause="c", now=clock.now())
    with fresh.begin() as connection:
        migrate(connection)
    with fresh.read() as connection:
        assert [incident.number for incident in incidents.listed(connection)] == [1]


def test_two_starts_at_once_make_the_tables_once(empty: Store):
    errors: list[BaseException] = []
    together = threading.Barrier(2)

    def start() -> None:
        together.wait()
        try:
            with empty.begin() as connection:
                migrate(connection)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert differences(empty) == []


def test_a_database_of_a_newer_stead_is_refused_and_left_alone(fresh: Store):
    with fresh.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(sa.text("DROP TABLE lease"))
    before = tables(fresh)
    with pytest.raises(UserError, match=r"of a newer Stead \(revision 9999\): nothing was changed") as told, fresh.begin() as connection:
        migrate(connection)
    assert "restore a backup" in told.value.hint
    assert tables(fresh) == before


def test_a_migration_that_fails_half_way_leaves_nothing(empty: Store):
    with empty.begin() as connection:
        connection.execute(sa.text("CREATE TABLE session_message (id INTEGER)"))
    with pytest.raises(sa.exc.SQLAlchemyError), empty.begin() as connection:
        migrate(connection)
    assert tables(empty) == {"session_message"}


def test_what_migrates_brings_no_lexers_into_the_service() -> None:
    """In a process of its own, since others here have long loaded them."""
    code = (
        "import sys, sqlalchemy as sa\n"
        "from stead.store.migrations import migrate\n"
        "with sa.create_engine('sqlite://').begin() as connection: migrate(connection)\n"
        "print([name for name in sys.modules if name.startswith('pygments.lexers.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
