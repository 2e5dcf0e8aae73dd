"""A store of one's own on each database: empty, with its tables, or with its tables and shared with nobody."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from stead.store.database import Store
from stead.store.migrations import migrate
from stead.store.tables import metadata


@pytest.fixture
def empty(database_url: str) -> Iterator[Store]:
    """A database without a table."""
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def fresh(empty: Store) -> Store:
    """A database with Stead's tables, made for this test alone: its schema may be changed."""
    with empty.begin() as connection:
        migrate(connection)
    return empty


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database with Stead's tables and no row in them."""
    if request.param == "sqlite":
        store = Store(request.getfixturevalue("sqlite_url"))
        with store.begin() as connection:
            migrate(connection)
    else:
        store = Store(request.getfixturevalue("_migrated_postgres_url"))
        names = ", ".join(f'"{name}"' for name in metadata.tables)
        with store.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
    yield store
    store.close()


@pytest.fixture(scope="session")
def _migrated_postgres_url(_postgres: psycopg.Connection) -> Iterator[str]:
    """One for all tests of this folder: making a database takes longer than most of them."""
    _postgres.execute("CREATE DATABASE store_tests")
    url = f"postgresql+psycopg://postgres@/store_tests?host={_postgres.info.host}"
    store = Store(url)
    with store.begin() as connection:
        migrate(connection)
    store.close()
    yield url
    _postgres.execute("DROP DATABASE store_tests WITH (FORCE)")
