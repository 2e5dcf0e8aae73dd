"""Addressing: by which channels something is told, in which conversation, and with how much patience.

Routes decide afresh each time, so an incident that weighs more may lead elsewhere: it is told there too, and where it was told before its
message goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from stead.domain.delivery import Message
from stead.domain.incident import Incident
from stead.domain.routing import Plan, Receiver, Waits, incident_labels, other_labels
from stead.domain.timing import Timing
from stead.engine.journey import Journey
from stead.ports import Channel
from stead.store import deliveries, findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One conversation on one channel: what an `incident` (0 for none) says there, through all its episodes.

    `routed`: there are routes at all · `stays`: routes do not lead there any more, but it was told there and is not over.
    """

    channel: Channel
    conversation: str
    incident: int
    waits: Waits
    receivers: tuple[Receiver, ...] = ()
    routed: bool = False
    stays: bool = False

    @classmethod
    def alone(cls, channel: Channel, about: str) -> Address:
        """On this channel alone, about no single incident."""
        return cls(channel=channel, conversation=f"{channel.name}:{about}", incident=0, waits=Waits())

    def group_wait(self, timing: Timing) -> timedelta:
        return timing.group_wait if self.waits.group_wait is None else self.waits.group_wait


def of_incident(connection: sa.Connection, journey: Journey, incident: Incident) -> Iterator[Address]:
    """Where the incident is told."""
    labels: Mapping[str, str] = {}
    if journey.routing.root is not None:
        cause = findings.find(connection, incident.cause)
        labels = incident_labels(incident, None if cause is None else cause.finding)
    return _addresses(connection, journey, labels, str(incident.number), incident.number)


def of_receivers(journey: Journey, incident: Incident, names: Sequence[str]) -> Iterator[Address]:
    """Where these receivers are told of the incident, whatever the routes say."""
    told: set[str] = set()
    for receiver in journey.routing.named(names, tuple(journey.channels)):
        for name in receiver.channels:
            if name in journey.channels and name not in told:
                told.add(name)
                conversation = f"{name}:{incident.number}"
                channel = journey.channels[name]
                yield Address(
                    channel=channel, conversation=conversation, incident=incident.number, waits=Waits(), receivers=(receiver,), routed=True
                )


def of_other(
    connection: sa.Connection, journey: Journey, about: str, message: Message, channels: Collection[str] = ()
) -> Iterator[Address]:
    """Where something about no single incident is told: on the `channels` that are named, else where routes lead."""
    if channels:
        named = [(name, channel) for name, channel in journey.channels.items() if name in channels]
        plan = Plan(channel="")
        return (Address(channel=channel, conversation=f"{name}:{about}", incident=0, waits=plan.waits) for name, channel in named)
    word, _, estate = about.partition(":")
    labels = other_labels(word, message, estate if estate in journey.estates else "")
    return _addresses(connection, journey, labels, about, 0)


def _addresses(connection: sa.Connection, journey: Journey, labels: Mapping[str, str], talk: str, incident: int) -> Iterator[Address]:
    plans = journey.routing.plans(labels, tuple(journey.channels))
    routed = journey.routing.root is not None
    for name, channel in journey.channels.items():
        conversation = f"{name}:{talk}"
        plan = plans.get(name)
        stays = plan is None and _goes_on(connection, conversation)
        if plan is None and not stays:
            continue
        plan = plan or Plan(channel=name)
        yield Address(
            channel=channel,
            conversation=conversation,
            incident=incident,
            waits=plan.waits,
            receivers=plan.receivers,
            routed=routed,
            stays=stays,
        )


def _goes_on(connection: sa.Connection, conversation: str) -> bool:
    """Whether something was said there that was not called over since."""
    last = deliveries.last_said(connection, conversation)
    return last is not None and not last.message.resolved
