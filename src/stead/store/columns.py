"""What the columns of every table are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime in UTC, kept as text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class Words(sa.types.TypeDecorator[str]):
    """Text that somebody else may have written: what no database can keep (NUL, half a surrogate pair) becomes a question mark."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else as_kept(value)


def as_kept(text: str) -> str:
    """The text as a column of Words gives it back."""
    return text.encode(errors="replace").decode().replace("\0", "?")


class Serial(sa.types.TypeDecorator[int]):
    """A number that the database counts up. Asking for one beyond what it can hold finds nothing, on PostgreSQL too."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else max(-1, min(value, _MOST))


_MOST = 2**31 - 1


def number() -> sa.Column[int]:
    """A number for people: it only grows, and is never used again (SQLite's AUTOINCREMENT)."""
    return sa.Column("number", Serial, primary_key=True, autoincrement=True)
