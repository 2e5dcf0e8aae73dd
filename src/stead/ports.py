"""The few Protocols where a second kind exists. Everything that crosses the house's outer wall goes through one of these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from stead.domain.delivery import Capabilities, Delivery
from stead.domain.inbound import Inbound
from stead.domain.model import ModelRole, ModelSpec
from stead.domain.outlook import Outlook
from stead.domain.run import Question, Reply
from stead.domain.scan import Account, Scan
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings

Object = Mapping[str, Any]
"""An object of an estate as its API gives it (for Kubernetes: the JSON of the API reference)."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present time, aware, in UTC."""
        ...

    async def sleep_until(self, when: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A command that ended. `code` is its exit status; 127 means that there is no such program."""

    code: int
    stdout: str
    stderr: str


class HostCommands(Protocol):
    """Runs commands on one host. Raises BlindError when the command could not be run or did not end in time."""

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        """Run `argv` for at most `timeout` seconds. A missing program is a Completed with code 127, not an error."""
        ...

    async def close(self) -> None:
        """Let go of the host."""
        ...


class Channel(Protocol):
    """Carries messages to people. Passes the shared conformance suite."""

    name: str
    capabilities: Capabilities

    async def send(self, delivery: Delivery) -> str:
        """Send a new message, or edit `delivery.replaces` where that is set; return the remote id ("" where there is none).

        A message that was sent in several has a remote id of as many words, and is edited as a whole. `delivery.id` lets the receiver
        tell a repeated try from a second message. Raises TemporaryError (with `retry_after` where the receiver said) or PermanentError.
        """
        ...

    async def close(self) -> None: ...


Take = Callable[[Inbound], Awaitable[str]]
"""Takes what came in, and returns once it is committed: the sentence that answers whoever sent it, "" where nothing is to be said.

The same event may be given again, and has the same answer. It raises StorageError when it could not be kept.
"""


@runtime_checkable
class Listener(Protocol):
    """A channel that also hears."""

    async def listen(self, take: Take) -> None:
        """Hand what people send to `take`, one after the other, until cancelled. Nothing is acknowledged to the provider before `take`
        has returned, and its answer is shown to the sender alone where the provider can (a pressed button's), else under the message.

        What `take` raises, and TemporaryError (with `retry_after`) or PermanentError for what the provider says, ends it; it may be
        called again, and then goes on where it was.
        """
        ...


@runtime_checkable
class Rereading(Protocol):
    """A listener whose provider sends nothing twice: what was written while it did not listen, it reads when it begins to."""

    def go_on_after(self, at: datetime) -> None:
        """What was written until then has been taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a provider that called is answered."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"


@runtime_checkable
class Called(Protocol):
    """A listener whose provider calls Stead over HTTP (`/hooks/channels/NAME`)."""

    async def called(self, headers: Mapping[str, str], body: bytes) -> Response:
        """Verify that the provider calls (names of `headers` are in lower case), `take` what it brings, and only then answer."""
        ...


class Seen(StrEnum):
    """What a fresh look at one finding says. LAGGING: the estate has not caught up with the change yet."""

    QUIET = "quiet"
    PROGRESSING = "progressing"
    FIRING = "firing"
    ABSENT = "absent"
    LAGGING = "lagging"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A fresh look by the check that found the fault. `present` says whether the action's subject (by uid) is still there.

    `replicas` is how many of it are wanted, where its kind has such a number: a fault can fall quiet because nobody wants any.
    """

    seen: Seen
    present: bool
    note: str = ""
    replicas: int | None = None


class Estate(Protocol):
    """What is watched, through the read identity. Every read raises BlindError when it could not be made."""

    id: str

    def sightings(self) -> AsyncIterator[Sightings]:
        """Watch until closed: first one complete pass, then what changes. Losing sight of something is a blind finding in it."""
        ...

    async def scan(self) -> Scan:
        """One read-only pass."""
        ...

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:
        """Look at the world afresh (not at what is remembered) and run `check` on it. Never raises: blind is an answer."""
        ...

    async def read(self, subject: Subject) -> Object | None:
        """The live object; None when it does not exist."""
        ...

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """Live objects of a kind, in one namespace or ("") in all, with these labels."""
        ...

    def hands(self) -> Hands:
        """The write identity. Only `engine/remediate` asks for it."""
        ...

    async def close(self) -> None: ...


class Models(Protocol):
    """The configured models, in the order in which they are asked."""

    @property
    def specs(self) -> Sequence[ModelSpec]: ...

    def routed(self, agent: str, goal: str) -> Models:
        """Those that are for this agent and goal, in the order in which they are asked; perhaps none."""
        ...

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:
        """The first answer. NoModelError when none of them answers."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Overlooking(Protocol):
    """An estate that can also say, from what it watches and measures, what weighs most in it and what ends soon."""

    def outlook(self) -> Outlook | None:
        """None while nothing is watched."""
        ...


@runtime_checkable
class Witness(Protocol):
    """An estate that can also say at once what its checks make of one object, from what it watches."""

    def account(self, kind: str, namespace: str, name: str) -> Account | None:
        """Of the objects of that name ("" for any kind or namespace); None while nothing is watched."""
        ...


@runtime_checkable
class Locator(Protocol):
    """An estate that knows, without looking anew, whether it has an object of that name."""

    def locate(self, subject: Subject) -> tuple[Subject, Subject | None] | None:
        """The object as it is known, with its uid, and the controller that owns it; None where it is not known."""
        ...


class Hands(Protocol):
    """What can change an estate. Each call carries the action's id, so the estate's own audit log agrees with ours.

    Raises ConflictError when a precondition does not hold (HTTP 409), PermanentError when refused, TemporaryError when it may work later.
    """

    async def patch(self, subject: Subject, body: Object, *, action: str, rehearse: bool = False) -> Object:
        """Merge-patch (RFC 7386; strategic for built-in Kubernetes kinds). A `metadata.resourceVersion` in `body` is a precondition.

        With `rehearse` the estate checks it as always, answers what the object would become, and keeps nothing.
        """
        ...

    async def create(self, subject: Subject, body: Object, *, action: str, part: str = "") -> Object:
        """Make the object, or ask for a `part` of it (`eviction`). One of that name that is there already is a ConflictError."""
        ...

    async def run(self, argv: Sequence[str], *, timeout: float, action: str) -> Completed:
        """Run a program of a host, for at most `timeout` seconds. TemporaryError when nobody can say how it ended."""
        ...

    async def delete(self, subject: Subject, *, uid: str, grace_seconds: int | None, action: str) -> None:
        """Delete the object with this uid. An object that is already gone is a ConflictError: somebody else was first."""
        ...
