"""Conversations with Stead: sessions, their questions and answers. (Notes on an incident are `sessions`; they have no agent.)"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.talk import Talk, Turn
from stead.store.tables import run, run_step, session, session_message

_answer = session_message.alias("answer")


def open_(connection: sa.Connection, *, principal: str, agent: str, estate: str, incident: int | None, now: datetime) -> Talk:
    session_id = secrets.token_hex(5)
    values = {"id": session_id, "principal": principal, "agent": agent, "estate": estate, "incident": incident}
    connection.execute(sa.insert(session).values(**values, created_at=now, used_at=now))
    return get(connection, session_id)


def find(connection: sa.Connection, session_id: str) -> Talk | None:
    row = connection.execute(sa.select(session).where(session.c.id == session_id, session.c.agent != "")).first()
    return None if row is None else _talk(row)


def get(connection: sa.Connection, session_id: str) -> Talk:
    """KeyError when there is none."""
    found = find(connection, session_id)
    if found is None:
        raise KeyError(session_id)
    return found


def listed(connection: sa.Connection, principal: str | None, limit: int) -> Sequence[Talk]:
    """Used last first; of one principal, or (None) of all."""
    query = sa.select(session).where(session.c.agent != "").order_by(session.c.used_at.desc(), session.c.id).limit(limit)
    if principal is not None:
        query = query.where(session.c.principal == principal)
    return [_talk(row) for row in connection.execute(query)]


def matching(connection: sa.Connection, principal: str | None, words: Sequence[str], limit: int) -> Sequence[Talk]:
    """Those in whose questions, answers and attachments every one of `words` stands somewhere, whatever its case."""
    query = sa.select(session).where(session.c.agent != "").order_by(session.c.used_at.desc(), session.c.id).limit(limit)
    if principal is not None:
        query = query.where(session.c.principal == principal)
    for word in words:
        said = sa.or_(session_message.c.text.icontains(word, autoescape=True), session_message.c.attached.icontains(word, autoescape=True))
        query = query.where(sa.exists().where(session_message.c.session == session.c.id, said))
    return [_talk(row) for row in connection.execute(query)]


def turns(connection: sa.Connection, session_id: str) -> list[Turn]:
    """In the order in which they were asked."""
    return [_turn(row) for row in connection.execute(_turns().where(session_message.c.session == session_id))]


def turn(connection: sa.Connection, session_id: str, number: int) -> Turn | None:
    row = connection.execute(_turns().where(session_message.c.session == session_id, session_message.c.id == number)).first()
    return None if row is None else _turn(row)


def turn_of_key(connection: sa.Connection, session_id: str, key: str) -> Turn | None:
    """The question that came under this Idempotency-Key."""
    row = connection.execute(_turns().where(session_message.c.session == session_id, session_message.c.key == key)).first()
    return None if row is None else _turn(row)


def turn_of_run(connection: sa.Connection, run_number: int) -> Turn | None:
    """The question whose answer this run finds."""
    row = connection.execute(_turns().where(session_message.c.run == run_number)).first()
    return None if row is None else _turn(row)


def ask(connection: sa.Connection, session_id: str, *, asker: str, question: str, attached: str, key: str | None, now: datetime) -> int:
    """Add a question; its id. The session was used now."""
    values = {"session": session_id, "author": asker, "text": question, "attached": attached, "key": key, "at": now}
    number = connection.execute(sa.insert(session_message).values(**values).returning(session_message.c.id)).scalar_one()
    _touch(connection, session_id, now)
    return number


def set_run(connection: sa.Connection, question: int, run_number: int) -> None:
    connection.execute(sa.update(session_message).where(session_message.c.id == question).values(run=run_number))


def answer(connection: sa.Connection, session_id: str, question: int, *, author: str, text: str, now: datetime) -> bool:
    """Answer a question; False when it has an answer already."""
    present = sa.select(session_message.c.id).where(session_message.c.answers == question)
    if connection.execute(present).first() is not None:
        return False
    values = {"session": session_id, "author": author, "text": text, "answers": question, "at": now}
    connection.execute(sa.insert(session_message).values(**values))
    _touch(connection, session_id, now)
    return True


def set_title(connection: sa.Connection, session_id: str, title: str) -> None:
    connection.execute(sa.update(session).where(session.c.id == session_id).values(title=title))


def sum_up(connection: sa.Connection, session_id: str, summary: str, summed: int) -> None:
    connection.execute(sa.update(session).where(session.c.id == session_id).values(summary=summary, summed=summed))


def end(connection: sa.Connection, session_id: str, now: datetime) -> bool:
    """False when it has ended already."""
    open_one = sa.and_(session.c.id == session_id, session.c.ended_at.is_(None))
    return connection.execute(sa.update(session).where(open_one).values(ended_at=now)).rowcount == 1


def forget(connection: sa.Connection, session_id: str) -> bool:
    """Delete the session with its messages, and what its runs were told and saw. False when there is none."""
    numbers = list(connection.execute(sa.select(run.c.number).where(run.c.session == session_id)).scalars())
    if numbers:
        connection.execute(sa.delete(run_step).where(run_step.c.run.in_(numbers)))
        connection.execute(sa.delete(run).where(run.c.number.in_(numbers)))
    connection.execute(sa.delete(session_message).where(session_message.c.session == session_id))
    return connection.execute(sa.delete(session).where(session.c.id == session_id, session.c.agent != "")).rowcount == 1


def _touch(connection: sa.Connection, session_id: str, now: datetime) -> None:
    connection.execute(sa.update(session).where(session.c.id == session_id).values(used_at=now))


def _turns() -> sa.Select[tuple[object, ...]]:
    answered = (_answer.c.text.label("answer"), _answer.c.author.label("answered_by"), _answer.c.at.label("answered_at"))
    joined = session_message.outerjoin(_answer, _answer.c.answers == session_message.c.id)
    return (
        sa.select(session_message, *answered).select_from(joined).where(session_message.c.answers.is_(None)).order_by(session_message.c.id)
    )


def _turn(row: sa.Row[tuple[object, ...]]) -> Turn:
    return Turn(
        id=row.id,
        asker=row.author,
        question=row.text,
        asked_at=row.at,
        attached=row.attached,
        key=row.key,
        run=row.run,
        answer=row.answer,
        answered_by=row.answered_by or "",
        answered_at=row.answered_at,
    )


def _talk(row: sa.Row[tuple[object, ...]]) -> Talk:
    return Talk(
        id=row.id,
        principal=row.principal,
        agent=row.agent,
        estate=row.estate,
        title=row.title,
        created_at=row.created_at,
        used_at=row.used_at,
        incident=row.incident,
        ended_at=row.ended_at,
        summary=row.summary,
        summed=row.summed,
    )
