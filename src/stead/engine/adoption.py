"""Adoption: what is broken already when Stead comes to an estate is an inventory, and no news.

Up to MOST_SINGLE incidents are told as ever. More of them are one message that lists them; each stays silent, and no playbook touches it,
until a person chooses (`stead adopt`): treat it as new, known until a date, or ignore it. What comes right by itself needs no choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, Block, BlockKind, Message
from stead.domain.errors import Exit, UserError
from stead.domain.finding import Severity
from stead.domain.incident import Incident, IncidentState
from stead.domain.matching import Matcher, Matchers, Op
from stead.domain.muting import Origin
from stead.domain.people import SYSTEM, Principal
from stead.domain.trigger import Trigger
from stead.engine import mutes, notify, silencing
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import estates, events, incidents, silences

MOST_SINGLE = 5
"""Incidents of a first look that are told one by one: as many messages as a person reads before supper."""

MOST_LISTED = 15


def take_on(connection: sa.Connection, journey: Journey, estate: str, taken: Sequence[Trigger], opened: Sequence[int]) -> None:
    """If these triggers were the first look at the estate, make an inventory of what they opened, where it is too much to tell."""
    if estates.first_trigger(connection, estate) not in {trigger.id for trigger in taken}:
        return
    listed = len(opened) > MOST_SINGLE
    data = {"incidents": [ids.incident_number(number) for number in opened[:1000]], "count": len(opened), "digest": listed}
    events.record(connection, "estate.adopted", at=journey.now(), estate=estate, data=data)
    if listed:
        for number in opened:
            matchers = _this_one(incidents.get(connection, number))
            comment = "was broken when Stead came; `stead adopt` decides"
            silencing.add(connection, journey, matchers, author=str(SYSTEM), comment=comment, origin=Origin.ADOPTION)
        _tell(connection, journey, estate)
        fault_point("adoption.before-inventory-commit")


def over(connection: sa.Connection, journey: Journey, number: int) -> None:
    """It came right by itself: nobody has to choose, and should it return, that is news."""
    incident = incidents.get(connection, number)
    if _end(connection, journey, incident, str(SYSTEM)):
        _tell(connection, journey, incident.estate)


def waiting(connection: sa.Connection, journey: Journey, estate: str | None = None) -> list[Incident]:
    """Open incidents that wait for a person's choice, worst first."""
    undecided = {str(silence.matchers) for silence in silences.standing(connection, journey.now()) if silence.origin is Origin.ADOPTION}
    found = [incident for incident in incidents.listed(connection) if str(_this_one(incident)) in undecided]
    return sorted((i for i in found if estate in (None, i.estate)), key=lambda i: (-i.severity.rank, i.number))


def treat_as_new(connection: sa.Connection, journey: Journey, numbers: Sequence[int], *, by: Principal) -> list[Incident]:
    """Have these told and worked on like any other. UserError when one of them is not open."""
    chosen = _chosen(connection, numbers)
    for incident in chosen:
        _end(connection, journey, incident, str(by))
    return _choose(connection, journey, chosen, "fix", "", by)


def accept(
    connection: sa.Connection, journey: Journey, numbers: Sequence[int], *, until: datetime | None, reason: str, by: Principal
) -> list[Incident]:
    """Hear nothing of these until `until` (None: for good), for this reason. UserError when one of them is not open."""
    chosen = _chosen(connection, numbers)
    if until is not None and until <= journey.now():
        raise UserError("the date until which it is known has passed; nothing was changed", hint="give a later one, like 30d")
    if until is None and not reason:
        raise UserError("what is ignored for good needs a reason; nothing was changed", hint="add --reason")
    for incident in chosen:
        _end(connection, journey, incident, str(by))
        silencing.add(connection, journey, _this_one(incident), author=str(by), comment=reason or "known", ends_at=until)
    return _choose(connection, journey, chosen, "ignore" if until is None else "known", reason, by)


def _chosen(connection: sa.Connection, numbers: Sequence[int]) -> list[Incident]:
    chosen: list[Incident] = []
    for number in dict.fromkeys(numbers):
        incident = incidents.find(connection, number)
        if incident is None or incident.state is IncidentState.RESOLVED:
            name, what = ids.incident_number(number), "no incident" if incident is None else "no open incident"
            raise UserError(f"there is {what} {name}; nothing was changed", hint="`stead incidents` lists them", code=Exit.NEGATIVE)
        chosen.append(incident)
    return chosen


def _choose(
    connection: sa.Connection, journey: Journey, chosen: Sequence[Incident], choice: str, reason: str, by: Principal
) -> list[Incident]:
    for incident in chosen:
        data = {"title": incident.title, "choice": choice, "reason": reason, "by": str(by)}
        events.record(connection, "incident.adopted", at=journey.now(), estate=incident.estate, incident=incident.number, data=data)
    mutes.review_all(connection, journey)
    for estate in sorted({incident.estate for incident in chosen}):
        _tell(connection, journey, estate)
    fault_point("adoption.before-choice-commit")
    return [incidents.get(connection, incident.number) for incident in chosen]


def _end(connection: sa.Connection, journey: Journey, incident: Incident, by: str) -> bool:
    """End the silence that waits for a choice on this incident; False where there is none."""
    mine = str(_this_one(incident))
    for silence in silences.standing(connection, journey.now(), origin=Origin.ADOPTION):
        if str(silence.matchers) == mine:
            silencing.end(connection, journey, silence, by)
            return True
    return False


def _this_one(incident: Incident) -> Matchers:
    return Matchers((Matcher("fingerprint", Op.EQUAL, incident.cause),))


def _tell(connection: sa.Connection, journey: Journey, estate: str) -> None:
    """The inventory as one message, edited as choices are made and things come right."""
    left = waiting(connection, journey, estate)
    notify.announce(connection, journey, f"adoption:{estate}", _inventory(estate, left), Because.MOVED if not left else Because.FIRST)


def _inventory(estate: str, left: Sequence[Incident]) -> Message:
    """What waits for a choice, worst first."""
    if not left:
        return Message(
            title=f"what was broken before Stead came to {estate} is decided",
            severity=Severity.INFO,
            number="",
            state="resolved",
            resolved=True,
        )
    things = "1 thing was" if len(left) == 1 else f"{len(left)} things were"
    lines = [f"· {ids.incident_number(i.number)} {i.severity}: {i.title}" for i in left[:MOST_LISTED]]
    if len(left) > MOST_LISTED:
        lines.append(f"· and {len(left) - MOST_LISTED} more")
    rest = "Nothing was done about them, and nothing more is said of them, until you choose: fix, known until a date, or ignore."
    return Message(
        title=f"{things} broken before Stead came to {estate}",
        severity=left[0].severity,
        number="",
        state="open",
        blocks=(
            Block(kind=BlockKind.TEXT, text="\n".join(lines)),
            Block(kind=BlockKind.TEXT, text=rest),
            Block(kind=BlockKind.COMMAND, text="choose for each", command="stead adopt"),
        ),
    )
