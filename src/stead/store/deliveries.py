"""The outbox. What is to be said is a row first, so that nothing is said to be sent that was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.delivery import RINGING, Because, Delivery, DeliveryState, Message, Place
from stead.store.chat_tables import remote_message
from stead.store.codec import dumps, loads
from stead.store.tables import delivery

_UNSAID = (DeliveryState.HELD.value, DeliveryState.DROPPED.value)


def add(
    connection: sa.Connection,
    *,
    incident: int,
    channel: str,
    conversation: str,
    because: Because,
    message: Message,
    now: datetime,
    place: Place | None = None,
    session: str = "",
) -> int:
    """Queue one more message of a conversation and return its id. One with a place is an answer, and edits nothing.

    `session`: the conversation with an agent that a reply to it goes on with.
    """
    last = connection.execute(sa.select(sa.func.max(delivery.c.position)).where(delivery.c.conversation == conversation)).scalar()
    values = {
        "incident": incident,
        "channel": channel,
        "conversation": conversation,
        "position": (last or 0) + 1,
        "because": because.value,
        "state": DeliveryState.QUEUED.value,
        "created_at": now,
        "body": dumps(message),
        "place": "" if place is None else dumps(place),
        "session": session,
    }
    return connection.execute(sa.insert(delivery).values(**values).returning(delivery.c.id)).scalar_one()


def queued(connection: sa.Connection, conversation: str) -> Delivery | None:
    """The newest message of the conversation that has not been tried yet: what changes before it leaves goes into it."""
    query = (
        sa.select(delivery)
        .where(delivery.c.conversation == conversation, delivery.c.state == DeliveryState.QUEUED.value, delivery.c.attempts == 0)
        .order_by(delivery.c.position.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _delivery(connection, row)


def untried(connection: sa.Connection, incident: int) -> list[Delivery]:
    """What waits to be said of the incident, on any channel, and has not been tried yet."""
    query = sa.select(delivery).where(
        delivery.c.incident == incident, delivery.c.state == DeliveryState.QUEUED.value, delivery.c.attempts == 0
    )
    return [_delivery(connection, row) for row in connection.execute(query.order_by(delivery.c.id))]


def newest(connection: sa.Connection, conversation: str) -> Delivery | None:
    """The latest row of the conversation, said or not."""
    query = sa.select(delivery).where(delivery.c.conversation == conversation).order_by(delivery.c.position.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _delivery(connection, row)


def rewrite(connection: sa.Connection, delivery_id: int, because: Because, message: Message) -> None:
    connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(because=because.value, body=dumps(message)))


def find(connection: sa.Connection, delivery_id: int) -> Delivery | None:
    row = connection.execute(sa.select(delivery).where(delivery.c.id == delivery_id)).first()
    return None if row is None else _delivery(connection, row)


def waits_for(connection: sa.Connection, of: Delivery) -> bool:
    """Whether an earlier message of the conversation is still on its way: they leave in order."""
    query = sa.select(delivery.c.id).where(
        delivery.c.conversation == of.conversation,
        delivery.c.position < of.position,
        delivery.c.state == DeliveryState.QUEUED.value,
    )
    return connection.execute(query.limit(1)).first() is not None


def following(connection: sa.Connection, of: Delivery) -> Delivery | None:
    """The next message of the conversation that waits to leave."""
    query = (
        sa.select(delivery)
        .where(
            delivery.c.conversation == of.conversation,
            delivery.c.position > of.position,
            delivery.c.state == DeliveryState.QUEUED.value,
        )
        .order_by(delivery.c.position)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _delivery(connection, row)


def take_up(connection: sa.Connection, delivery_id: int, attempt: int, worker: str) -> bool:
    """Count try number `attempt` before it is made, for `worker`; False when another has taken it up. Asked again, the same one may go on.

    So what was in the air at a crash is sent again, by the one who had it, and is not rewritten.
    """
    if connection.execute(sa.select(delivery.c.taken_by).where(delivery.c.id == delivery_id)).scalar() == worker:
        return True
    mine = sa.update(delivery).where(delivery.c.id == delivery_id, delivery.c.attempts == attempt - 1)
    return connection.execute(mine.values(attempts=attempt, taken_by=worker)).rowcount == 1


def sent(connection: sa.Connection, delivery_id: int, remote_id: str, now: datetime) -> bool:
    """False when that was known already."""
    update = sa.update(delivery).where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.QUEUED.value)
    first = connection.execute(update.values(state=DeliveryState.SENT.value, remote_id=remote_id, sent_at=now, error="")).rowcount == 1
    if first:
        _remember(connection, delivery_id, remote_id)
    return first


def of_remote(connection: sa.Connection, channel: str, remote: str) -> tuple[Delivery, str] | None:
    """The newest delivery that the message `remote` of this channel shows, and the session that a reply to it goes on with."""
    query = sa.select(delivery).join(remote_message, remote_message.c.delivery == delivery.c.id)
    row = connection.execute(query.where(remote_message.c.channel == channel, remote_message.c.remote_id == remote)).first()
    return None if row is None else (_delivery(connection, row), row.session)


def _remember(connection: sa.Connection, delivery_id: int, remote_id: str) -> None:
    """A message that became several on its way is known by each of them."""
    channel = connection.execute(sa.select(delivery.c.channel).where(delivery.c.id == delivery_id)).scalar_one()
    for word in dict.fromkeys(remote_id.split()):
        connection.execute(sa.delete(remote_message).where(remote_message.c.channel == channel, remote_message.c.remote_id == word))
        connection.execute(sa.insert(remote_message).values(channel=channel, remote_id=word, delivery=delivery_id))


def failed(connection: sa.Connection, delivery_id: int, error: str, *, dead: bool) -> None:
    values: dict[str, Any] = {"error": error}
    if dead:
        values["state"] = DeliveryState.DEAD.value
    mine = sa.update(delivery).where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.QUEUED.value)
    connection.execute(mine.values(**values))


def failing(connection: sa.Connection, channel: str) -> bool:
    """Whether the latest that was tried on the channel did not arrive."""
    query = (
        sa.select(delivery.c.state, delivery.c.error)
        .where(delivery.c.channel == channel, delivery.c.attempts > 0, delivery.c.state != DeliveryState.HELD.value)
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return row is not None and row.state != DeliveryState.SENT.value and row.error != ""


def unfinished(connection: sa.Connection, *, everything: bool, limit: int = 1000) -> list[Delivery]:
    """What waits to leave or was given up on, oldest first; or with `everything` the newest of all, newest first."""
    query = sa.select(delivery)
    if everything:
        query = query.order_by(delivery.c.id.desc())
    else:
        open_ones = (DeliveryState.QUEUED.value, DeliveryState.DEAD.value)
        query = query.where(delivery.c.state.in_(open_ones)).order_by(delivery.c.id)
    return [_delivery(connection, row) for row in connection.execute(query.limit(limit))]


def revive(connection: sa.Connection, delivery_id: int, message: Message) -> None:
    """Have a dead one tried anew, with what is to be said now. The tries that it had count no more."""
    values = {"state": DeliveryState.QUEUED.value, "error": "", "body": dumps(message), "forgiven": delivery.c.attempts}
    connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))


def overtaken_by(connection: sa.Connection, of: Delivery) -> int | None:
    """What was said, or is to be said, later in the same conversation."""
    live = (DeliveryState.QUEUED.value, DeliveryState.SENT.value)
    query = sa.select(delivery.c.id).where(
        delivery.c.conversation == of.conversation, delivery.c.position > of.position, delivery.c.state.in_(live)
    )
    return connection.execute(query.order_by(delivery.c.position.desc()).limit(1)).scalar()


def dead(connection: sa.Connection, limit: int) -> list[Delivery]:
    """The newest that were given up on, newest first."""
    query = sa.select(delivery).where(delivery.c.state == DeliveryState.DEAD.value).order_by(delivery.c.id.desc()).limit(limit)
    return [_delivery(connection, row) for row in connection.execute(query)]


def drop(connection: sa.Connection, delivery_id: int, why: str) -> None:
    values = {"state": DeliveryState.DROPPED.value, "error": why}
    connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))


def of_incident(connection: sa.Connection, incident: int) -> Sequence[Delivery]:
    query = sa.select(delivery).where(delivery.c.incident == incident).order_by(delivery.c.id)
    return [_delivery(connection, row) for row in connection.execute(query)]


def counts(connection: sa.Connection) -> dict[str, int]:
    query = sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def counts_by_channel(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """How many deliveries of each (channel, state)."""
    query = sa.select(delivery.c.channel, delivery.c.state, sa.func.count()).group_by(delivery.c.channel, delivery.c.state)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def latest(connection: sa.Connection, channel: str, limit: int) -> Sequence[Delivery]:
    """The newest first, of one channel or ("") of all."""
    query = sa.select(delivery).order_by(delivery.c.id.desc()).limit(limit)
    if channel:
        query = query.where(delivery.c.channel == channel)
    return [_delivery(connection, row) for row in connection.execute(query)]


def _delivery(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Delivery:
    # The remote id of the conversation's latest message that arrived is the one to edit.
    query = (
        sa.select(delivery.c.remote_id)
        .where(
            delivery.c.conversation == row.conversation,
            delivery.c.position < row.position,
            delivery.c.state == DeliveryState.SENT.value,
            delivery.c.remote_id != "",
        )
        .order_by(delivery.c.position.desc())
        .limit(1)
    )
    return Delivery(
        id=row.id,
        incident=row.incident,
        channel=row.channel,
        conversation=row.conversation,
        position=row.position,
        because=Because(row.because),
        message=loads(row.body, Message),
        created_at=row.created_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        replaces="" if row.place or Because(row.because) in RINGING else connection.execute(query).scalar() or "",
        forgiven=row.forgiven,
        kept_for=row.kept_for,
        told_in=row.told_in,
        remote_id=row.remote_id,
        error=row.error,
        place=loads(row.place, Place) if row.place else None,
    )


def hold(connection: sa.Connection, delivery_id: int, why: str, kept_for: str = "") -> None:
    """Keep it unsaid, with the reason, and with what it will be told with."""
    values = {"state": DeliveryState.HELD.value, "error": why, "kept_for": kept_for}
    connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))


def kept(connection: sa.Connection, channel: str, storm: str = "") -> list[Delivery]:
    """What waits on the channel to be told together; or what is listed as part of this storm."""
    query = sa.select(delivery).where(delivery.c.channel == channel, delivery.c.state == DeliveryState.HELD.value)
    if storm:
        query = query.where(delivery.c.kept_for == storm)
    else:
        query = query.where(delivery.c.kept_for != "", delivery.c.told_in == 0, ~delivery.c.kept_for.startswith("fold:"))
    return [_delivery(connection, row) for row in connection.execute(query.order_by(delivery.c.id))]


def tell_in(connection: sa.Connection, delivery_ids: Sequence[int], told_in: int) -> None:
    connection.execute(sa.update(delivery).where(delivery.c.id.in_(delivery_ids)).values(told_in=told_in))


def rung(connection: sa.Connection, channel: str, since: datetime, *, edits: bool) -> int:
    """How many messages of their own about incidents, no edits, were queued for the channel since then."""
    said = (DeliveryState.QUEUED.value, DeliveryState.SENT.value, DeliveryState.DEAD.value)
    query = sa.select(sa.func.count()).where(
        delivery.c.channel == channel, delivery.c.created_at > since, delivery.c.state.in_(said), delivery.c.incident != 0
    )
    if edits:
        own = [because.value for because in (Because.FIRST, Because.REOPENED, *RINGING)]
        query = query.where(sa.or_(delivery.c.position == 1, delivery.c.because.in_(own)))
    return connection.execute(query).scalar_one()


def latest_fold(connection: sa.Connection, channel: str, since: datetime) -> str:
    """The storm on the channel of which something was listed since then; "" for none."""
    query = (
        sa.select(delivery.c.kept_for)
        .where(delivery.c.channel == channel, delivery.c.created_at > since, delivery.c.kept_for.startswith("fold:"))
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def last_said(connection: sa.Connection, conversation: str) -> Delivery | None:
    """What was last said, or is on its way."""
    query = (
        sa.select(delivery)
        .where(delivery.c.conversation == conversation, delivery.c.state.not_in(_UNSAID))
        .order_by(delivery.c.position.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _delivery(connection, row)
