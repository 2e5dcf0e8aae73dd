"""Who is not known: told no once in a while, unless what they write is a code that an admin gave them."""

from __future__ import annotations

import sqlalchemy as sa

from stead.app.chat.desk import Desk
from stead.domain.inbound import Inbound, InboundKind
from stead.engine.journey import Journey
from stead.store import events, inbounds, pairings
from stead.store.pairings import CODE, Pairing, Redeemed


def answer(connection: sa.Connection, journey: Journey, event: Inbound, desk: Desk) -> str:
    """What a stranger is told; "" for nothing. A good code makes them somebody."""
    if event.kind is InboundKind.TEXT and CODE.fullmatch(event.text) and desk.strangers.may_try(event):
        return _tried(connection, journey, event, desk)
    if not desk.strangers.may_hear(event):
        return ""
    return "I do not know you, so I answer nothing here. An admin pairs you with `stead people pair NAME`; send me the code alone."


def _tried(connection: sa.Connection, journey: Journey, event: Inbound, desk: Desk) -> str:
    whose = pairings.redeem(connection, event.text, journey.now())
    if whose is Redeemed.WRONG:
        return "That code is wrong. After five wrong ones it is void."
    person = next((person for person in desk.people if person.name == whose), None)
    if person is None:
        return "That code is not good, or not any more: it holds for ten minutes and once. Ask for a new one."
    kind = desk.kind(event.channel)
    pairings.pair(connection, Pairing(kind=kind, identity=event.sender.id, person=person.name, shown=event.sender.name, at=journey.now()))
    data = {"person": person.name, "kind": kind, "identity": event.sender.id, "shown": event.sender.name}
    events.record(connection, "person.paired", at=journey.now(), estate="", data=data)
    told = f"You are {person.name} here from now on ({person.role.value}). /help tells what you can ask."
    # Kept, so that the same event is not taken for a question of the person that it made.
    inbounds.add(connection, event, person=person.name, text="(a code)")
    inbounds.answered(connection, event, told)
    return told
