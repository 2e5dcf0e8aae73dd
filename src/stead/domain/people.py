"""Who asks, decides and acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """A viewer reads, an approver decides, an admin also changes Stead itself. Each includes the ones before."""

    VIEWER = "viewer"
    APPROVER = "approver"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class PrincipalKind(StrEnum):
    PERSON = "person"
    TOKEN = "token"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody or something that a decision or an action is written down to. An agent is never an approver."""

    kind: PrincipalKind
    name: str
    role: Role = Role.VIEWER

    def may(self, role: Role) -> bool:
        return self.kind is not PrincipalKind.AGENT and self.role.includes(role)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


SYSTEM = Principal(kind=PrincipalKind.SYSTEM, name="stead", role=Role.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is told and may answer. `identities`: by a channel's name or kind, the id by which it knows them."""

    name: str
    role: Role = Role.VIEWER
    identities: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def principal(self) -> Principal:
        return Principal(kind=PrincipalKind.PERSON, name=self.name, role=self.role)

    def known_as(self, channel: str, kind: str, identity: str) -> bool:
        """Whether this is who a channel of that kind calls `identity`; what is said of the channel itself goes before."""
        return self.identities.get(channel, self.identities.get(kind, "")) == identity != ""


def person_behind(people: Iterable[Person], channel: str, kind: str, identity: str) -> Person | None:
    return next((person for person in people if person.known_as(channel, kind, identity)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMessage:
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A conversation of one principal, about one incident where `incident` is set."""

    id: str
    principal: str
    incident: int | None = None
    messages: tuple[SessionMessage, ...] = ()
