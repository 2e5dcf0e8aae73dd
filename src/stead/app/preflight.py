"""What can be done in these estates, and what is looked up about an object first: who keeps it as it is, and its volumes' last backups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypedDict

from stead.app.repositories import owners_of, verbs_with
from stead.declare import Verb
from stead.domain.backup import Backup
from stead.estate.kubernetes.backups import last_backups
from stead.ports import Estate, Object


class Acting(TypedDict):
    """What the journey is handed of this."""

    verbs: Mapping[str, Verb]
    kept_by: Callable[[Estate, Object], Awaitable[str]]
    backups_of: Callable[[Estate, Object], Awaitable[tuple[Backup, ...]]]


def acting_on(estates: Mapping[str, Estate], verbs: Mapping[str, Verb]) -> Acting:
    return Acting(verbs=verbs_with(estates, verbs), kept_by=owners_of(estates), backups_of=last_backups)
