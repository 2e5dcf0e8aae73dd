"""What can be done in these estates, how far models may go, who answers, and what is looked up about an object first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypedDict

from stead.app.autonomy import levels_of
from stead.app.repositories import owners_of, verbs_with
from stead.app.settings import Settings
from stead.declare import Verb
from stead.domain.autonomy import Levels
from stead.domain.backup import Backup
from stead.domain.people import Person
from stead.estate.kubernetes.backups import last_backups
from stead.ports import Estate, Object


class Acting(TypedDict):
    """What the journey is handed of this."""

    verbs: Mapping[str, Verb]
    autonomy: Levels
    people: Sequence[Person]
    kept_by: Callable[[Estate, Object], Awaitable[str]]
    backups_of: Callable[[Estate, Object], Awaitable[tuple[Backup, ...]]]


def acting_on(settings: Settings, estates: Mapping[str, Estate], verbs: Mapping[str, Verb]) -> Acting:
    """UserError for levels of autonomy that name no verb."""
    return Acting(
        verbs=verbs_with(estates, verbs),
        autonomy=levels_of(settings.agents.autonomy, verbs),
        people=tuple(person.person() for person in settings.people),
        kept_by=owners_of(estates),
        backups_of=last_backups,
    )
