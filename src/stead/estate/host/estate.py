"""One host as an Estate: its checks run by the clock, through `HostCommands`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from stead.declare import HostCheck, HostWishes
from stead.domain.errors import BlindError, PermanentError
from stead.domain.subject import Subject
from stead.estate.host.hands import HostHands
from stead.estate.host.objects import CONTAINER, HOST, JOURNAL, UNIT, read_container, read_journal, read_unit
from stead.estate.timed import Look, TimedEstate
from stead.ports import Clock, Hands, HostCommands, Object


class HostEstate(TimedEstate):
    """The host that `commands` reaches, called `estate_id`. `wishes` is what its owner wants looked at beyond the usual."""

    def __init__(
        self,
        estate_id: str,
        commands: HostCommands,
        checks: Iterable[HostCheck],
        clock: Clock,
        wishes: HostWishes | None = None,
        hands: HostHands | None = None,
    ) -> None:
        super().__init__(estate_id, clock)
        self._commands = commands
        self._wishes = wishes or HostWishes()
        self._hands = hands
        self._looks = {check.name: self._look_of(check) for check in sorted(checks, key=lambda c: c.name)}

    @property
    def commands(self) -> HostCommands:
        """How the host is asked."""
        return self._commands

    def looks(self) -> Mapping[str, Look]:
        return self._looks

    def counts(self) -> Mapping[str, int]:
        return {HOST: 1}

    def itself(self) -> Subject:
        return Subject(estate=self.id, api_version="host.stead/v1", kind=HOST, name=self.id)

    def locate(self, subject: Subject) -> tuple[Subject, Subject | None] | None:
        """This host, when it is meant by its name; its units are not remembered."""
        return (self.itself(), None) if subject.key == self.itself().key else None

    async def close(self) -> None:
        """End the watch, and let go of the host."""
        await super().close()
        await self._commands.close()
        if self._hands is not None:
            await self._hands.close()

    async def read(self, subject: Subject) -> Object | None:
        """The host itself, one of its systemd units or containers, or its journal."""
        if subject.kind == HOST and subject.api_version == "host.stead/v1":
            return self._object()
        if subject.kind == UNIT and subject.api_version == "host.stead/v1":
            return await read_unit(self._commands, subject.name)
        if subject.kind == CONTAINER and subject.api_version == "host.stead/v1":
            return await read_container(self._commands, subject.name)
        if subject.kind == JOURNAL and subject.api_version == "host.stead/v1":
            return await read_journal(self._commands)
        raise BlindError(f"a host has no {subject.kind} in {subject.api_version}", reason="Malformed")

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """The one host. It has neither namespaces nor labels."""
        if (api_version, kind) != ("host.stead/v1", HOST):
            raise BlindError(f"a host cannot list {kind} in {api_version}", reason="Malformed")
        return [] if namespace or labels else [self._object()]

    def hands(self) -> Hands:
        """PermanentError when this host was given no write identity."""
        if self._hands is None:
            raise PermanentError(f"estate `{self.id}` has no write identity: nothing on this host can be changed")
        return self._hands

    def _object(self) -> Object:
        return {"apiVersion": "host.stead/v1", "kind": HOST, "metadata": {"name": self.id}}

    def _look_of(self, check: HostCheck) -> Look:
        run = partial(check.run, self._commands, self.id, wishes=self._wishes)
        return Look(name=check.name, check=check.name, every=check.every, run=run, class_=check.class_)
