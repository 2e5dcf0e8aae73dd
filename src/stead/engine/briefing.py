"""The estate's brief in a run, and in a person's hands."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.brief import EstateBrief, corrections, sections_of
from stead.domain.errors import Exit, UserError
from stead.domain.excerpt import visible
from stead.domain.people import Principal
from stead.engine.journey import Journey
from stead.engine.packing import Part
from stead.store import briefs, events

MOST_SECTION = 260
"""Characters of one section that a run is told."""
HEADING = "The estate:"


def part(connection: sa.Connection, estate: str) -> Part:
    """As a part of the first message: a person's sections first."""
    told = briefs.get(connection, estate).sections
    items = [f"- {name}: {shortened(text)}" for name, text in told.items() if text]
    return Part(heading=HEADING, items=items, share=0.12)


def shortened(text: str) -> str:
    """On one line, cut at a word's end."""
    line = "; ".join(part.strip().removeprefix("- ") for part in text.splitlines() if part.strip())
    return line if len(line) <= MOST_SECTION else line[:MOST_SECTION].rpartition(" ")[0] + " …"


def correct(connection: sa.Connection, journey: Journey, *, estate: str, markdown: str, by: Principal) -> EstateBrief:
    """A person wrote the brief anew: what differs from the generated one is kept from now on. Nothing ("") takes all of it back.

    UserError for an estate that there is not, and for what is no brief.
    """
    known(journey, estate)
    there = briefs.get(connection, estate)
    try:
        written = sections_of(journey.redact(visible(markdown)))
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise UserError(f"the brief {what}", hint=hint) from None
    changed = corrections(written, there.generated) if markdown.strip() else {}
    briefs.corrected(connection, estate, changed, str(by), journey.now())
    data = {"estate": estate, "by": str(by), "sections": sorted(changed)}
    events.record(connection, "brief.corrected", at=journey.now(), estate=estate, incident=None, data=data)
    return briefs.get(connection, estate)


def known(journey: Journey, estate: str) -> None:
    """UserError where there is no such estate."""
    if estate not in journey.estates:
        there = ", ".join(journey.estates) or "none"
        raise UserError(f"there is no estate `{estate[:60]}`", hint=f"there are: {there}", code=Exit.NEGATIVE)
