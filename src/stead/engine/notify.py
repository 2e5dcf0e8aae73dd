"""Notify: what changed becomes what is said. One incident is one conversation, and one message that is edited as it moves.

Written in the transaction of the change itself: a change that is stored is said, and one that is not stored is not. A message that has
not left yet takes up whatever changes in the meantime, so a burst is one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, Block, BlockKind, Delivery, DeliveryState, Message
from stead.domain.incident import Incident, IncidentState
from stead.domain.logs.templates import template
from stead.domain.muting import Mute
from stead.engine.journey import Journey
from stead.engine.story import render
from stead.ports import Channel
from stead.store import deliveries, due, events, incidents

_OPENING = (Because.FIRST, Because.REOPENED)
"""A first word gathers for longer, and stays a first word when more folds into it."""


def tell(connection: sa.Connection, journey: Journey, number: int, because: Because, *, since: datetime | None = None) -> None:
    """Say how the incident stands now, on every channel that can take it; while it is muted, keep that back.

    `since` is when what is told was seen: the wait that gathers more counts from there.
    """
    message = render(connection, number)
    incident = incidents.get(connection, number)
    for channel in journey.channels.values():
        if incident.muted:
            _keep_back(connection, journey, channel, incident, because, message)
        else:
            _queue(connection, journey, channel, incident, because, message, since)


def announce(connection: sa.Connection, journey: Journey, about: str, message: Message, because: Because) -> None:
    """Say something that is about no single incident; what is said again of the same `about` edits it."""
    for channel in journey.channels.values():
        _send(connection, journey, channel, _Talk(f"{channel.name}:{about}", 0), because, message, None)


def hold(connection: sa.Connection, journey: Journey, number: int, mutes: Sequence[Mute]) -> None:
    """The incident is muted from now on: what has not left yet stays."""
    for delivery in deliveries.untried(connection, number):
        deliveries.hold(connection, delivery.id, _muted(mutes))
        due.cancel(connection, "deliver", str(delivery.id))
        _record(
            connection, journey, "delivery.held", number, _held(delivery.id, delivery.channel, delivery.because, delivery.message, mutes)
        )


def speak(connection: sa.Connection, journey: Journey, number: int) -> None:
    """A mute has ended: say once what it held back. What opened and ended within it is told to nobody."""
    incident, message = incidents.get(connection, number), render(connection, number)
    for channel in journey.channels.values():
        last = deliveries.last_said(connection, conversation(channel, number))
        because = _held_back(incident, message, None if last is None else last.message)
        if because is not None:
            _queue(connection, journey, channel, incident, because, message)


def conversation(channel: Channel, number: int) -> str:
    """One incident on one channel, through all its episodes."""
    return f"{channel.name}:{number}"


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
    connection: sa.Connection, journey: Journey, channel: Channel, incident: Incident, because: Because, message: Message
) -> None:
    """One row for all that a mute holds back: its reason, and the newest of what would have been said."""
    talk, why = conversation(channel, incident.number), _muted(incident.muted)
    last = deliveries.newest(connection, talk)
    if last is not None and last.state is DeliveryState.HELD and last.error == why:
        deliveries.rewrite(connection, last.id, last.because if last.because in _OPENING else because, message)
        return
    delivery_id = _add(connection, journey, channel, _Talk(talk, incident.number), because, message)
    deliveries.hold(connection, delivery_id, why)
    data = _held(delivery_id, channel.name, because, message, incident.muted)
    _record(connection, journey, "delivery.held", incident.number, data)


def _held(delivery: int, channel: str, because: Because, message: Message, mutes: Sequence[Mute]) -> Mapping[str, object]:
    return {"delivery": delivery, "channel": channel, "because": because, "title": message.title, "why": _muted(mutes)}


def _queue(
    connection: sa.Connection,
    journey: Journey,
    channel: Channel,
    incident: Incident,
    because: Because,
    message: Message,
    since: datetime | None = None,
) -> None:
    talk = _Talk(conversation(channel, incident.number), incident.number)
    _send(connection, journey, channel, talk, because, message, since)


class _Talk(NamedTuple):
    """A conversation, and the incident that it is about, 0 for none."""

    name: str
    incident: int


def _send(
    connection: sa.Connection, journey: Journey, channel: Channel, talk: _Talk, because: Because, message: Message, since: datetime | None
) -> None:
    waiting = deliveries.queued(connection, talk.name)
    if waiting is not None:
        _fold_in(connection, journey, waiting, because, message)
        return
    before = deliveries.last_said(connection, talk.name)
    if because is Because.MOVED and not _worth_moving(channel, before, message):
        return
    delivery_id = _add(connection, journey, channel, talk, because, message)
    gather = journey.timing.group_wait if because in _OPENING else journey.timing.edit_wait
    at = max(journey.now(), (since or journey.now()) + gather)
    if because is Because.MOVED and before is not None and _but_evidence(before.message) == _but_evidence(message):
        at = max(at, before.created_at + journey.timing.evidence_wait)
    due.schedule(connection, "deliver", str(delivery_id), at, ids.delivery_workflow(delivery_id, 1))
    data = {"delivery": delivery_id, "channel": channel.name, "because": because, "title": message.title}
    _record(connection, journey, "delivery.queued", talk.incident, data)


def _add(connection: sa.Connection, journey: Journey, channel: Channel, talk: _Talk, because: Because, message: Message) -> int:
    return deliveries.add(
        connection,
        incident=talk.incident,
        channel=channel.name,
        conversation=talk.name,
        because=because,
        message=message,
        now=journey.now(),
    )


def _record(connection: sa.Connection, journey: Journey, name: str, number: int, data: Mapping[str, object]) -> None:
    incident = incidents.find(connection, number)
    estate, about = ("", None) if incident is None else (incident.estate, number)
    events.record(connection, name, at=journey.now(), estate=estate, incident=about, data=data)


def _fold_in(connection: sa.Connection, journey: Journey, waiting: Delivery, because: Because, message: Message) -> None:
    """What has not left says the newest; a first word stays a first word, unless it is over before it was said."""
    if waiting.because in _OPENING and because is Because.RESOLVED:
        deliveries.hold(connection, waiting.id, "over before it was said")
        due.cancel(connection, "deliver", str(waiting.id))
        return
    kept = waiting.because if waiting.because in _OPENING or because is Because.MOVED else because
    deliveries.rewrite(connection, waiting.id, kept, message)
    if waiting.because not in _OPENING and _but_evidence(waiting.message) != _but_evidence(message):
        # It may have waited for more evidence, which this does not.
        at = journey.now() + journey.timing.edit_wait
        due.schedule(connection, "deliver", str(waiting.id), at, ids.delivery_workflow(waiting.id, 1))


def _worth_moving(channel: Channel, before: Delivery | None, message: Message) -> bool:
    """A small move is an edit or nothing: a channel that cannot edit would page for it, and a counter that moved on says nothing new."""
    return channel.capabilities.edit and (before is None or _told(before.message) != _told(message))


def _told(message: Message) -> Message:
    """What of a message is news when it changes: of the evidence, in which restarts are counted and logs go on, only what it says."""
    return replace(message, blocks=tuple(_said(block) if block.kind is BlockKind.EVIDENCE else block for block in message.blocks))


def _said(block: Block) -> Block:
    return replace(block, text="\n".join(map(template, block.text.splitlines())))


def _but_evidence(message: Message) -> Message:
    return replace(message, blocks=tuple(block for block in message.blocks if block.kind is not BlockKind.EVIDENCE))
