"""A channel takes over what another has begun: its conversations go on, are edited and answered under the new name."""

from __future__ import annotations

import sqlalchemy as sa

from stead.store.chat_tables import inbound, remote_message
from stead.store.tables import delivery, due


def hand_over(connection: sa.Connection, old: str, new: str) -> int:
    """How many messages of `old` are `new`'s from now on; 0 where there are none, or `new` has said something itself already."""
    if connection.execute(sa.select(delivery.c.id).where(delivery.c.channel == new).limit(1)).first() is not None:
        return 0
    renamed = sa.literal(new) + sa.func.substr(delivery.c.conversation, len(old) + 1)
    its = sa.update(delivery).where(delivery.c.channel == old)
    count = connection.execute(its.values(channel=new, conversation=renamed)).rowcount
    for table in (remote_message, inbound):
        connection.execute(sa.update(table).where(table.c.channel == old).values(channel=new))
    connection.execute(sa.update(due).where(due.c.kind == "gather", due.c.ref == old).values(ref=new))
    for row in connection.execute(sa.select(due.c.ref).where(due.c.kind == "repeat", due.c.ref.endswith(f":{old}", autoescape=True))).all():
        number = row.ref.partition(":")[0]
        connection.execute(sa.update(due).where(due.c.kind == "repeat", due.c.ref == row.ref).values(ref=f"{number}:{new}"))
    return count
