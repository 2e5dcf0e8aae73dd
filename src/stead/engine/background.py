"""What every run is told besides its task: what the estate is made of, its owner's notes, what is known of such cases, what is remembered.

An investigation, a goal, a question and a job are told it by the same rules, so that an agent knows the house whoever asks it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from stead.domain.finding import Finding
from stead.engine import briefing, knowing, noting, remembering
from stead.engine.journey import Journey
from stead.engine.packing import Part
from stead.store import findings, incidents

MOST_CASES = 12
"""Open incidents whose causes a run about the whole estate is told knowledge of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """`parts` of the first message · `collected` evidence by its name, with its `commands` · `tainted` by words of somebody else."""

    parts: Sequence[Part]
    collected: Mapping[str, str]
    commands: Mapping[str, str]
    tainted: bool


def told(
    connection: sa.Connection,
    journey: Journey,
    nonce: str,
    estate: str,
    found: Sequence[Finding],
    words: str,
    names: Collection[str] = (),
) -> Background:
    """Knowledge that fits the findings `found` or holds `words`; memory that holds `names`, where there are none the words."""
    notes = noting.told(connection, nonce, journey.now())
    known = knowing.told(connection, journey, nonce, found, words)
    remembered, tainting = remembering.told(connection, journey, nonce, names or [words])
    return Background(
        parts=(briefing.part(connection, estate), noting.part(notes), knowing.part(known), remembered),
        collected={**notes.collected, **known.collected},
        commands={**notes.commands, **known.commands},
        tainted=notes.tainted or known.tainted or tainting,
    )


def open_cases(connection: sa.Connection, estate: str) -> list[Finding]:
    """What the newest open incidents of the estate are caused by: what a run about all of it may meet."""
    causes = [one.cause for one in incidents.listed(connection) if one.estate == estate][:MOST_CASES]
    there = findings.some(connection, causes)
    return [there[cause].finding for cause in causes if cause in there]
