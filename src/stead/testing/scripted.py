"""A world that says what it is told to: an estate without a cluster, and a chat that keeps what it hears.

For tests and benchmarks of what Stead makes of findings: everything between the two is the real service.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

from stead.domain.delivery import Capabilities, Delivery, Message
from stead.domain.errors import SteadError
from stead.domain.finding import Finding
from stead.domain.scan import Scan
from stead.domain.subject import Key, Subject
from stead.domain.trigger import Sightings
from stead.ports import Clock, Hands, Object, Observation, Seen


class ScriptedEstate:
    """An estate whose checks see what `sees` says. Nothing in it can be read or changed."""

    def __init__(self, estate: str, clock: Clock) -> None:
        self.id = estate
        self.clock = clock
        self._said: asyncio.Queue[Sightings] = asyncio.Queue()
        self._stored = asyncio.Event()
        self.known: dict[Key, tuple[Subject, Subject | None]] = {}
        """The objects that `locate` knows, with their owners."""
        self.may_look = asyncio.Event()
        """While it is cleared, a fresh look does not come to an end."""
        self.may_look.set()
        self.looking = asyncio.Event()

    def has(self, subject: Subject, top: Subject | None = None) -> None:
        """From now on there is such an object, and `top` owns it."""
        self.known[subject.key] = (subject, top)

    def locate(self, subject: Subject) -> tuple[Subject, Subject | None] | None:
        return self.known.get(subject.key)

    async def sees(self, *found: Finding, gone: Sequence[Finding] = (), complete: bool = False) -> None:
        """Have the checks see this, and return when Stead has stored it."""
        lost = tuple(finding.fingerprint for finding in gone)
        self._stored.clear()
        self._said.put_nowait(Sightings(estate=self.id, at=self.clock.now(), seen=found, gone=lost, complete=complete))
        await self._stored.wait()

    async def sightings(self) -> AsyncIterator[Sightings]:
        while True:
            yield await self._said.get()
            self._stored.set()  # Whoever listens comes back for more once the last is stored.

    async def scan(self) -> Scan:
        return Scan(now=self.clock.now())

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:  # noqa: ARG002
        self.looking.set()
        await self.may_look.wait()
        return Observation(seen=Seen.FIRING, present=True)

    async def read(self, subject: Subject) -> Object | None:  # noqa: ARG002
        return None

    async def list(
        self,
        api_version: str,  # noqa: ARG002
        kind: str,  # noqa: ARG002
        namespace: str = "",  # noqa: ARG002
        labels: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Sequence[Object]:
        return ()

    def hands(self) -> Hands:
        raise AssertionError("nothing can be done in an estate that is only talked about")

    async def close(self) -> None: ...


class Chat:
    """A channel that can, or cannot, edit, and keeps every delivery in the order in which it came. `took` is how long each send takes.

    While `fails` is set its provider answers with that, and `tries` counts what was asked of it.
    """

    def __init__(self, name: str = "chat", *, edit: bool = True, took: timedelta = timedelta(0)) -> None:
        self.name = name
        self.capabilities = Capabilities(edit=edit)
        self.told: list[Delivery] = []
        self.fails: SteadError | None = None
        self.tries = 0
        self.heard = asyncio.Event()
        self._took = took

    async def send(self, delivery: Delivery) -> str:
        self.tries += 1
        await asyncio.sleep(self._took.total_seconds())
        if self.fails is not None:
            raise self.fails
        self.told.append(delivery)
        self.heard.set()
        return (delivery.replaces or f"m{delivery.id}") if self.capabilities.edit else ""

    async def close(self) -> None: ...

    @property
    def messages(self) -> list[Delivery]:
        """What rang: messages of their own, not edits."""
        return [delivery for delivery in self.told if not delivery.replaces]

    @property
    def last(self) -> Message:
        return self.told[-1].message

    @property
    def reasons(self) -> list[str]:
        return [delivery.because.value for delivery in self.told]
