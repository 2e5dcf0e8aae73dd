"""Hands that never touch what is never touched: the last look before a change leaves the house, whatever was decided before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stead.domain.errors import PermanentError
from stead.domain.never import forbidden_write
from stead.domain.subject import Subject
from stead.ports import Completed, Hands, Object


class Guarded:
    """See ports.Hands; PermanentError for what `domain.never` forbids, and nothing is sent then. `own` are Stead's own namespaces."""

    def __init__(self, hands: Hands, own: Collection[str]) -> None:
        self._hands = hands
        self._own = own

    async def patch(self, subject: Subject, body: Object, *, action: str, rehearse: bool = False) -> Object:
        self._look(subject, body)
        return await self._hands.patch(subject, body, action=action, rehearse=rehearse)

    async def delete(self, subject: Subject, *, uid: str, grace_seconds: int | None, action: str) -> None:
        self._look(subject)
        await self._hands.delete(subject, uid=uid, grace_seconds=grace_seconds, action=action)

    async def create(self, subject: Subject, body: Object, *, action: str, part: str = "") -> Object:
        self._look(subject, body)
        return await self._hands.create(subject, body, action=action, part=part)

    async def run(self, argv: Sequence[str], *, timeout: float, action: str) -> Completed:
        return await self._hands.run(argv, timeout=timeout, action=action)

    def _look(self, subject: Subject, body: Object | None = None) -> None:
        if why := forbidden_write(subject, body, self._own):
            raise PermanentError(f"{subject} is never changed: {why}")
