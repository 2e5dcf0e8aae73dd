"""Enqueueing a workflow in the very transaction that makes it necessary: both happen, or neither."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient

from stead.store.database import Store

QUEUE = "stead"
"""The one queue: every workflow is short, and what waits is a `due` row."""

APPLICATION = "stead"
VERSION = "stead-1"
"""Pinned, so that an upgrade strands no pending work; a change of a workflow's steps is gated with a patch instead."""


class Queue:
    """The sending half of the durable engine, which makes the tables at its launch: until then nothing can be enqueued.

    `look_now` is called once what was enqueued is committed, from the committing thread.
    """

    def __init__(self, store: Store, serializer: Any, look_now: Callable[[], None]) -> None:
        self._client = DBOSClient(system_database_engine=store.engine, application_name=APPLICATION, serializer=serializer, lazy=True)
        self._schema = None if store.is_sqlite else "dbos"
        self._look_now = look_now
        self._here = threading.local()  # A transaction begins and ends in one thread, and so does what it brought.
        self._ignore = store.listen(self._committed)

    def enqueue(self, connection: sa.Connection, workflow: str, workflow_id: str, *args: Any) -> None:
        """Enqueue `workflow(*args)` under `workflow_id`. An id that was used before is the same work: nothing is added."""
        if self._known(connection, workflow_id):
            return
        self._client.enqueue_in_transaction(
            connection,
            {"workflow_name": workflow, "queue_name": QUEUE, "workflow_id": workflow_id, "app_version": VERSION},
            *args,
        )
        self._here.enqueued = True

    def _committed(self) -> None:
        if getattr(self._here, "enqueued", False):
            self._here.enqueued = False
            self._look_now()

    def outstanding(self, connection: sa.Connection) -> int:
        """How many workflows are enqueued or running."""
        status = self._status()
        query = sa.select(sa.func.count()).select_from(status).where(status.c.status.in_(("ENQUEUED", "PENDING", "DELAYED")))
        return connection.execute(query).scalar_one()

    def _known(self, connection: sa.Connection, workflow_id: str) -> bool:
        status = self._status()
        return connection.execute(sa.select(status.c.workflow_uuid).where(status.c.workflow_uuid == workflow_id)).first() is not None

    def _status(self) -> sa.TableClause:
        return sa.table("workflow_status", sa.column("workflow_uuid"), sa.column("status"), schema=self._schema)

    def close(self) -> None:
        self._ignore()
        self._client.destroy()
