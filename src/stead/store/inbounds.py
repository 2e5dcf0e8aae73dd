"""What people sent, each once, with what it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stead.domain.delivery import Place
from stead.domain.inbound import Inbound
from stead.store.chat_tables import inbound
from stead.store.codec import dumps, loads
from stead.store.tables import session

_DONE, _WAITING = "done", "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An event as it is kept. `session` and `question` are those that it was asked in and became."""

    channel: str
    id: str
    person: str
    place: Place
    text: str
    attached: str
    answer: str
    session: str


def add(connection: sa.Connection, event: Inbound, *, person: str, text: str) -> bool:
    """False when it is known already. `text` is kept, which may be cleaner than what was sent."""
    if find(connection, event.channel, event.id) is not None:
        return False
    values = {
        "channel": event.channel,
        "id": event.id,
        "at": event.at,
        "kind": event.kind.value,
        "person": person,
        "place": dumps(event.place),
        "chat": event.place.chat,
        "thread": event.place.thread,
        "text": text,
        "state": _DONE,
    }
    connection.execute(sa.insert(inbound).values(**values))
    return True


def find(connection: sa.Connection, channel: str, event: str) -> Kept | None:
    row = connection.execute(sa.select(inbound).where(inbound.c.channel == channel, inbound.c.id == event)).first()
    return None if row is None else _kept(row)


def last_at(connection: sa.Connection, channel: str) -> datetime | None:
    """When the newest that was kept of this channel was sent; None where there is none."""
    query = sa.select(inbound.c.at).where(inbound.c.channel == channel).order_by(inbound.c.at.desc()).limit(1)
    return connection.execute(query).scalar()


def answered(connection: sa.Connection, event: Inbound, answer: str) -> None:
    """Keep what was said to whoever sent it: it may come again."""
    connection.execute(_this(event.channel, event.id).values(answer=answer))


def asked(connection: sa.Connection, channel: str, event: str, session_id: str, question: int) -> None:
    """It became this question of this session."""
    connection.execute(_this(channel, event).values(session=session_id, question=question, state=_DONE))


def wait(connection: sa.Connection, event: Inbound, session_id: str, attached: str) -> None:
    """It will be asked when the question before it is answered."""
    connection.execute(_this(event.channel, event.id).values(session=session_id, attached=attached, state=_WAITING))


def waiting(connection: sa.Connection, session_id: str) -> Kept | None:
    """The first that waits for its turn in this session."""
    query = sa.select(inbound).where(inbound.c.session == session_id, inbound.c.state == _WAITING).order_by(inbound.c.at, inbound.c.id)
    row = connection.execute(query.limit(1)).first()
    return None if row is None else _kept(row)


def of_question(connection: sa.Connection, question: int) -> Kept | None:
    """The event that became this question; None where it was not asked in a chat."""
    row = connection.execute(sa.select(inbound).where(inbound.c.question == question)).first()
    return None if row is None else _kept(row)


def open_session(connection: sa.Connection, event: Inbound, person: str, incident: int | None) -> str | None:
    """The session in which this person last asked in this chat about that incident (None: about nothing in particular), if it goes on."""
    about = session.c.incident.is_(None) if incident is None else session.c.incident == incident
    query = (
        sa.select(inbound.c.session)
        .join(session, session.c.id == inbound.c.session)
        .where(
            inbound.c.channel == event.channel,
            inbound.c.chat == event.place.chat,
            inbound.c.thread == event.place.thread,
            inbound.c.person == person,
            session.c.ended_at.is_(None),
            about,
        )
        .order_by(inbound.c.at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def _this(channel: str, event: str) -> sa.Update:
    return sa.update(inbound).where(inbound.c.channel == channel, inbound.c.id == event)


def _kept(row: sa.Row[tuple[object, ...]]) -> Kept:
    return Kept(
        channel=row.channel,
        id=row.id,
        person=row.person,
        place=loads(row.place, Place),
        text=row.text,
        attached=row.attached,
        answer=row.answer,
        session=row.session,
    )
