"""Hands that can do nothing yet: each estate's own add what it can, and the rest is refused in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from stead.domain.errors import PermanentError
from stead.domain.subject import Subject
from stead.ports import Completed, Object


class Refusing:
    """See ports.Hands; every change is a PermanentError that names the estate and what it cannot do."""

    def __init__(self, estate: str) -> None:
        self._estate = estate

    async def patch(self, subject: Subject, body: Object, *, action: str, rehearse: bool = False) -> Object:  # noqa: ARG002
        raise self._refused(f"patch {subject}")

    async def delete(self, subject: Subject, *, uid: str, grace_seconds: int | None, action: str) -> None:  # noqa: ARG002
        raise self._refused(f"delete {subject}")

    async def create(self, subject: Subject, body: Object, *, action: str, part: str = "") -> Object:  # noqa: ARG002
        raise self._refused(f"create {subject}")

    async def run(self, argv: Sequence[str], *, timeout: float, action: str) -> Completed:  # noqa: ARG002
        raise self._refused(f"run {argv[0]}")

    def _refused(self, what: str) -> PermanentError:
        return PermanentError(f"estate `{self._estate}` has no way to {what}")
