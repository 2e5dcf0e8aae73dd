"""Notes: what a principal said about an incident, in order. (Conversations with Stead are `talks`.)"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.people import Session, SessionMessage
from stead.store.tables import session, session_message


def say(connection: sa.Connection, *, principal: str, incident: int, author: str, text: str, now: datetime) -> Session:
    """Add a message to the principal's session on this incident; the first one opens it."""
    query = sa.select(session.c.id).where(session.c.principal == principal, session.c.incident == incident, session.c.agent == "")
    session_id = connection.execute(query).scalar()
    if session_id is None:
        session_id = uuid.uuid4().hex
        connection.execute(sa.insert(session).values(id=session_id, principal=principal, incident=incident, created_at=now))
    connection.execute(sa.insert(session_message).values(session=session_id, author=author, text=text, at=now))
    return next(s for s in of_incident(connection, incident) if s.id == session_id)


def of_incident(connection: sa.Connection, incident: int) -> Sequence[Session]:
    notes = sa.select(session).where(session.c.incident == incident, session.c.agent == "")
    rows = connection.execute(notes.order_by(session.c.created_at, session.c.id))
    return [Session(id=row.id, principal=row.principal, incident=row.incident, messages=_messages(connection, row.id)) for row in rows]


def _messages(connection: sa.Connection, session_id: str) -> tuple[SessionMessage, ...]:
    query = sa.select(session_message).where(session_message.c.session == session_id).order_by(session_message.c.id)
    return tuple(SessionMessage(author=row.author, text=row.text, at=row.at) for row in connection.execute(query))
