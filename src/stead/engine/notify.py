"""Notify: what changed becomes what is said. One incident is one conversation, and one message that is edited as it moves.

Written in the transaction of the change itself: a change that is stored is said, and one that is not stored is not. A message that has
not left yet takes up whatever changes in the meantime, so a burst is one message.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import RINGING, Because, Block, BlockKind, Delivery, DeliveryState, Message
from stead.domain.incident import Incident, IncidentState
from stead.domain.keeping import Kept, KeptFor
from stead.domain.logs.templates import template
from stead.domain.muting import Mute
from stead.engine import addressing, escalating, folding, keeping, queueing
from stead.engine.addressing import Address
from stead.engine.journey import Journey
from stead.engine.story import render
from stead.store import deliveries, due, incidents

_OPENING = (Because.FIRST, Because.REOPENED)
"""A first word gathers for longer, and stays a first word when more folds into it."""

_CARRIED = (DeliveryState.QUEUED, DeliveryState.SENT)

_MOVING = (Because.MOVED, Because.CAUSE, Because.FLAPPING)
"""What may wait until a route's `group_interval` is over."""

_LISTED = (*_MOVING, Because.RESOLVED)
"""What edits the list of a storm, of which an incident is a line."""


def tell(connection: sa.Connection, journey: Journey, number: int, because: Because, *, since: datetime | None = None) -> None:
    """Say how the incident stands now, on every channel that can take it; while it is muted, keep that back.

    `since` is when what is told was seen: the wait that gathers more counts from there.
    """
    message = render(connection, number, journey.now())
    incident = incidents.get(connection, number)
    kept: list[Kept | None] = []
    for address in addressing.of_incident(connection, journey, incident):
        if incident.muted:
            _keep_back(connection, journey, address, incident, because, message)
        else:
            kept.append(_send(connection, journey, address, because, message, since))
    if kept and all(one is not None and one.why is KeptFor.AWAY for one in kept):
        _stand_in(connection, journey, incident, because, message)
    escalating.consider(connection, journey, incident)


def _stand_in(connection: sa.Connection, journey: Journey, incident: Incident, because: Because, message: Message) -> None:
    """Everybody whom it is for is away: somebody else is told, where there is anybody."""
    for name in journey.channels:
        for address in addressing.of_receivers(journey, incident, (name,)):
            if keeping.reason(connection, journey, address, message) is None:
                _send(connection, journey, address, because, message)
                return


def escalate(connection: sa.Connection, journey: Journey, number: int) -> None:
    """Nobody has acknowledged the incident in time: tell whoever is next."""
    found = escalating.next_step(connection, journey, number)
    if found is None:
        return
    incident, receivers = found
    message = escalating.unanswered(render(connection, number, journey.now()), incident.opened_at, journey.now())
    addresses = addressing.of_receivers(journey, incident, receivers)
    kept = [_send(connection, journey, address, Because.UNANSWERED, message) for address in addresses]
    if all(kept):
        escalating.hurry(connection, journey, incident)


def repeat(connection: sa.Connection, journey: Journey, ref: str) -> None:
    """Say once more what is still open and has nobody's attention, where its route still leads there."""
    number, _, name = ref.partition(":")
    incident = escalating.may_repeat(connection, int(number))
    for address in () if incident is None else addressing.of_incident(connection, journey, incident):
        if address.channel.name == name and not address.stays:
            _send(connection, journey, address, Because.REPEATED, render(connection, int(number), journey.now()))


def elsewhere(connection: sa.Connection, journey: Journey, failing: Delivery) -> None:
    """Where the only channel that an incident is told on does not take its messages, tell it on another."""
    incident = incidents.find(connection, failing.incident)
    if incident is None or incident.muted or failing.because in _MOVING:
        return
    others = [name for name in journey.channels if name != failing.channel]
    last = {name: deliveries.last_said(connection, f"{name}:{incident.number}") for name in others}
    if any(said is not None and said.state in _CARRIED and not said.error for said in last.values()):
        return
    fresh = (name for name in others if last[name] is None)
    name = next((name for name in fresh if not deliveries.failing(connection, name)), None)
    if name is None:
        return
    lost = Block(kind=BlockKind.TEXT, text=f"Told here because {failing.channel} does not take it: {failing.error}.")
    message = render(connection, incident.number, journey.now())
    for address in addressing.of_receivers(journey, incident, (name,)):
        _enqueue(connection, journey, address, None, failing.because, replace(message, blocks=(lost, *message.blocks)))


def announce(
    connection: sa.Connection, journey: Journey, about: str, message: Message, because: Because, channels: Collection[str] = ()
) -> None:
    """Say something that is about no single incident; what is said again of the same `about` edits it.

    On these `channels`, or, where none is named, on those that routes lead to.
    """
    for address in addressing.of_other(connection, journey, about, message, channels):
        _send(connection, journey, address, because, message)


def hold(connection: sa.Connection, journey: Journey, number: int, mutes: Sequence[Mute]) -> None:
    """The incident is muted from now on: what has not left yet stays, and nobody is called."""
    escalating.call_off(connection, journey, number)
    for delivery in deliveries.untried(connection, number):
        deliveries.hold(connection, delivery.id, _muted(mutes))
        due.cancel(connection, "deliver", str(delivery.id))
        queueing.held(connection, journey, number, delivery.id, delivery.channel, delivery.because, delivery.message, _muted(mutes))


def speak(connection: sa.Connection, journey: Journey, number: int) -> None:
    """A mute has ended: say once what it held back. What opened and ended within it is told to nobody."""
    incident, message = incidents.get(connection, number), render(connection, number, journey.now())
    for address in addressing.of_incident(connection, journey, incident):
        last = deliveries.last_said(connection, address.conversation)
        because = _held_back(incident, message, None if last is None else last.message)
        if because is not None:
            _send(connection, journey, address, because, message)
    escalating.consider(connection, journey, incident)


def _held_back(incident: Incident, message: Message, said: Message | None) -> Because | None:
    """Why to speak after a silence; None where there is nothing to say."""
    if message.resolved:
        return Because.RESOLVED if said is not None and not said.resolved else None
    if said is None:
        return Because.FIRST if incident.episode == 1 else Because.REOPENED
    if said.resolved:
        return Because.REOPENED
    if message.severity.rank > said.severity.rank:
        return Because.WORSE
    if incident.state is IncidentState.ESCALATED and said.state != incident.state:
        return Because.ESCALATED
    return Because.APPROVAL if message.buttons and message.buttons != said.buttons else Because.MOVED


def _muted(mutes: Sequence[Mute]) -> str:
    return "muted by " + "; ".join(map(str, mutes))


def _keep_back(
    connection: sa.Connection, journey: Journey, address: Address, incident: Incident, because: Because, message: Message
) -> None:
    """One row for all that a mute holds back: its reason, and the newest of what would have been said."""
    why = _muted(incident.muted)
    last = deliveries.newest(connection, address.conversation)
    if last is not None and last.state is DeliveryState.HELD and last.error == why:
        deliveries.rewrite(connection, last.id, last.because if last.because in _OPENING else because, message)
        return
    queueing.hold(connection, journey, address, because, message, why)


def _send(
    connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message, since: datetime | None = None
) -> Kept | None:
    """Queue it, or put it into what waits; where it is kept for later, why."""
    waiting = deliveries.queued(connection, address.conversation)
    if waiting is not None:
        _fold_in(connection, journey, address, waiting, because, message)
        return None
    before = deliveries.last_said(connection, address.conversation)
    last = deliveries.newest(connection, address.conversation)
    listed = last is not None and (bool(last.told_in) or folding.is_folded(last))
    if because is Because.MOVED and before is None and address.routed and not listed:
        # It goes somewhere else from now on, and is news there.
        because = Because.FIRST
    if before is None and folding.is_folded(last) and because in _LISTED:
        folding.fold(connection, journey, address, because, message)
        return None
    if not _worth_saying(address, before, because, message, listed=listed):
        return None
    silent = before is not None and address.channel.capabilities.edit and because not in RINGING
    kept = None if silent else keeping.reason(connection, journey, address, message)
    if kept is not None:
        keeping.keep(connection, journey, address, because, message, kept)
    elif folding.too_many(connection, journey, address, before, because):
        folding.fold(connection, journey, address, because, message)
    else:
        _enqueue(connection, journey, address, before, because, message, since)
    return kept


def _enqueue(
    connection: sa.Connection,
    journey: Journey,
    address: Address,
    before: Delivery | None,
    because: Because,
    message: Message,
    since: datetime | None = None,
) -> None:
    queueing.leave(connection, journey, address, because, message, _moment(journey, address, before, because, message, since))
    if address.waits.repeat_interval is not None and address.incident and not message.resolved:
        escalating.expect_repeat(connection, journey, address.incident, address.channel.name, address.waits.repeat_interval)


def _moment(
    journey: Journey, address: Address, before: Delivery | None, because: Because, message: Message, since: datetime | None
) -> datetime:
    """When it leaves: what opens gathers first, and what only moves keeps its distance from what was said before."""
    gather = address.group_wait(journey.timing) if because in _OPENING else journey.timing.edit_wait
    at = max(journey.now(), (since or journey.now()) + gather)
    if because in _MOVING and before is not None and address.waits.group_interval is not None:
        at = max(at, before.created_at + address.waits.group_interval)
    if because is Because.MOVED and before is not None and _but_evidence(before.message) == _but_evidence(message):
        at = max(at, before.created_at + journey.timing.evidence_wait)
    return at


def _fold_in(connection: sa.Connection, journey: Journey, address: Address, waiting: Delivery, because: Because, message: Message) -> None:
    """What has not left says the newest; a first word stays a first word, unless it is over before it was said."""
    if waiting.because in _OPENING and because is Because.RESOLVED:
        deliveries.hold(connection, waiting.id, "over before it was said")
        due.cancel(connection, "deliver", str(waiting.id))
        return
    kept = waiting.because if waiting.because in _OPENING or because is Because.MOVED else because
    deliveries.rewrite(connection, waiting.id, kept, message)
    if because in _MOVING and address.waits.group_interval is not None:
        return
    if waiting.because not in _OPENING and _but_evidence(waiting.message) != _but_evidence(message):
        # It may have waited for more evidence, which this does not.
        at = journey.now() + journey.timing.edit_wait
        due.schedule(connection, "deliver", str(waiting.id), at, ids.delivery_workflow(waiting.id, 1))


def _worth_saying(address: Address, before: Delivery | None, because: Because, message: Message, *, listed: bool) -> bool:
    """A small move is an edit or nothing: a channel that cannot edit would page for it, and a counter that moved on says nothing new.

    Where it does not lead any more, what was said is kept up to date, and its end is told.
    """
    edits = address.channel.capabilities.edit
    if address.stays and because is not Because.RESOLVED:
        because = Because.MOVED
    if because is Because.RESOLVED:
        return before is not None or listed
    if listed and before is None and because in _MOVING:
        return False
    if because is Because.MOVED:
        return edits and (before is None or _told(before.message) != _told(message))
    return True


def _told(message: Message) -> Message:
    """What of a message is news when it changes: of the evidence, in which restarts are counted and logs go on, only what it says."""
    return replace(message, blocks=tuple(_said(block) if block.kind is BlockKind.EVIDENCE else block for block in message.blocks))


def _said(block: Block) -> Block:
    return replace(block, text="\n".join(map(template, block.text.splitlines())))


def _but_evidence(message: Message) -> Message:
    return replace(message, blocks=tuple(block for block in message.blocks if block.kind is not BlockKind.EVIDENCE))
