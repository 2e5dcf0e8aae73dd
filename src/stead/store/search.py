"""Full-text search over entries of knowledge and memory: SQLite's FTS5, PostgreSQL's tsvector, behind one question.

The index is the database's own business (triggers there, an index on an expression here): what is stored is found, what is deleted is not.
Words are English's, reduced to their stems; letters and digits make a word, whatever stands between them does not.
https://www.sqlite.org/fts5.html · https://www.postgresql.org/docs/current/textsearch.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa

Searched = Literal["knowledge", "memory"]

_TEXTS = {"knowledge": "title || ' ' || text", "memory": "text"}
"""What of a row is searched; PostgreSQL uses its index only for exactly the expression that the migration made it on."""
_WEIGHTS = {"knowledge": (5.0, 1.0), "memory": ()}
"""A word in the title says more than one in the text."""


def best(connection: sa.Connection, table: Searched, words: Sequence[str], most: int) -> list[int]:
    """Numbers of the rows that hold one of the words (domain/knowledge.py: words_of), best first: those with many and rare ones."""
    if not words:
        return []
    query = _fts5(table, words) if connection.dialect.name == "sqlite" else _tsvector(table, words)
    return [row[0] for row in connection.execute(query.limit(most))]


def _fts5(table: Searched, words: Sequence[str]) -> sa.Select[Any]:
    index, rowid = sa.table(f"{table}_search"), sa.column("rowid", sa.Integer)
    whole = sa.literal_column(index.name, sa.Text)
    asked = " OR ".join(f'"{word}"' for word in words)
    rank = sa.func.bm25(whole, *_WEIGHTS[table])
    return sa.select(rowid).select_from(index).where(whole.op("MATCH")(asked)).order_by(rank, rowid)


def _tsvector(table: Searched, words: Sequence[str]) -> sa.Select[Any]:
    number = sa.column("number", sa.Integer)
    vector = sa.literal_column(f"to_tsvector('english', regexp_replace({_TEXTS[table]}, '[^[:alnum:]]+', ' ', 'g'))", sa.Text)
    some, every = (sa.func.to_tsquery("english", mark.join(f"'{word}'" for word in words)) for mark in (" | ", " & "))
    order = (vector.op("@@")(every).desc(), sa.func.ts_rank(vector, some).desc(), number)
    return sa.select(number).select_from(sa.table(table)).where(vector.op("@@")(some)).order_by(*order)
