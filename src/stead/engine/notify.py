"""Notify: what changed becomes what is said. One incident is one conversation, and one message that is edited as it moves.

Written in the transaction of the change itself: a change that is stored is said, and one that is not stored is not. A message that has
not left yet takes up whatever changes in the meantime, so a burst is one message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, Block, BlockKind, Delivery, DeliveryState, Message
from stead.domain.incident import Incident, IncidentState
from stead.domain.logs.templates import template
from stead.domain.muting import Mute
from stead.engine import addressing, escalating
from stead.engine.addressing import Address
from stead.engine.journey import Journey
from stead.engine.story import render
from stead.store import deliveries, due, events, incidents

_OPENING = (Because.FIRST, Because.REOPENED)
"""A first word gathers for longer, and stays a first word when more folds into it."""

_CARRIED = (DeliveryState.QUEUED, DeliveryState.SENT)

_MOVING = (Because.MOVED, Because.CAUSE, Because.FLAPPING)
"""What may wait until a route's `group_interval` is over."""


def tell(connection: sa.Connection, journey: Journey, number: int, because: Because, *, since: datetime | None = None) -> None:
    """Say how the incident stands now, on every channel that can take it; while it is muted, keep that back.

    `since` is when what is told was seen: the wait that gathers more counts from there.
    """
    message = render(connection, number)
    incident = incidents.get(connection, number)
    for address in addressing.of_incident(connection, journey, incident):
        if incident.muted:
            _keep_back(connection, journey, address, incident, because, message)
        else:
            _send(connection, journey, address, because, message, since)
    escalating.consider(connection, journey, incident)


def escalate(connection: sa.Connection, journey: Journey, number: int) -> None:
    """Nobody has acknowledged the incident in time: tell whoever is next."""
    found = escalating.next_step(connection, journey, number)
    if found is None:
        return
    incident, receivers = found
    message = escalating.unanswered(render(connection, number), incident.opened_at, journey.now())
    for address in addressing.of_receivers(journey, incident, receivers):
        _send(connection, journey, address, Because.UNANSWERED, message)


def repeat(connection: sa.Connection, journey: Journey, ref: str) -> None:
    """Say once more what is still open and has nobody's attention, where its route still leads there."""
    number, _, name = ref.partition(":")
    incident = escalating.may_repeat(connection, int(number))
    for address in () if incident is None else addressing.of_incident(connection, journey, incident):
        if address.channel.name == name and not address.stays:
            _send(connection, journey, address, Because.REPEATED, render(connection, int(number)))


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
    message = render(connection, incident.number)
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
        _record(
            connection, journey, "delivery.held", number, _held(delivery.id, delivery.channel, delivery.because, delivery.message, mutes)
        )


def speak(connection: sa.Connection, journey: Journey, number: int) -> None:
    """A mute has ended: say once what it held back. What opened and ended within it is told to nobody."""
    incident, message = incidents.get(connection, number), render(connection, number)
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
    delivery_id = _add(connection, journey, address, because, message)
    deliveries.hold(connection, delivery_id, why)
    data = _held(delivery_id, address.channel.name, because, message, incident.muted)
    _record(connection, journey, "delivery.held", incident.number, data)


def _held(delivery: int, channel: str, because: Because, message: Message, mutes: Sequence[Mute]) -> Mapping[str, object]:
    return {"delivery": delivery, "channel": channel, "because": because, "title": message.title, "why": _muted(mutes)}


def _send(
    connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message, since: datetime | None = None
) -> None:
    waiting = deliveries.queued(connection, address.conversation)
    if waiting is not None:
        _fold_in(connection, journey, address, waiting, because, message)
        return
    before = deliveries.last_said(connection, address.conversation)
    if because is Because.MOVED and before is None and address.routed:
        # It goes somewhere else from now on, and is news there.
        because = Because.FIRST
    if not _worth_saying(address, before, because, message):
        return
    _enqueue(connection, journey, address, before, because, message, since)


def _enqueue(
    connection: sa.Connection,
    journey: Journey,
    address: Address,
    before: Delivery | None,
    because: Because,
    message: Message,
    since: datetime | None = None,
) -> None:
    delivery_id = _add(connection, journey, address, because, message)
    at = _moment(journey, address, before, because, message, since)
    due.schedule(connection, "deliver", str(delivery_id), at, ids.delivery_workflow(delivery_id, 1))
    data = {"delivery": delivery_id, "channel": address.channel.name, "because": because, "title": message.title}
    _record(connection, journey, "delivery.queued", address.incident, data)
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


def _add(connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message) -> int:
    return deliveries.add(
        connection,
        incident=address.incident,
        channel=address.channel.name,
        conversation=address.conversation,
        because=because,
        message=message,
        now=journey.now(),
    )


def _record(connection: sa.Connection, journey: Journey, name: str, number: int, data: Mapping[str, object]) -> None:
    incident = incidents.find(connection, number)
    estate, about = ("", None) if incident is None else (incident.estate, number)
    events.record(connection, name, at=journey.now(), estate=estate, incident=about, data=data)


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


def _worth_saying(address: Address, before: Delivery | None, because: Because, message: Message) -> bool:
    """A small move is an edit or nothing: a channel that cannot edit would page for it, and a counter that moved on says nothing new.

    Where it does not lead any more, what was said is kept up to date, and its end is told.
    """
    edits = address.channel.capabilities.edit
    if address.stays and because is not Because.RESOLVED:
        because = Because.MOVED
    if because is Because.RESOLVED:
        return before is not None
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
