"""Knowledge at work: what fits an incident is told with it, by the checks' own message and at the beginning of a run; people review it.

Promise: nothing that waits for a review, was rejected or has expired is told unasked. What documents say taints the run that is told it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from stead.domain.delivery import Block, BlockKind
from stead.domain.errors import Exit, UserError
from stead.domain.excerpt import excerpt, fenced
from stead.domain.finding import Finding
from stead.domain.ids import knowledge_number
from stead.domain.knowledge import Knowledge, KnowledgeState, best_first, held, words_of
from stead.domain.people import Principal
from stead.engine.journey import Journey
from stead.engine.packing import Part
from stead.store import events, findings, incidents, knowledge

MOST_NAMED = 3
"""Entries that one message names."""
MOST_TOLD, MOST_OF_ONE = 2, 700
"""Entries that a run is told at its beginning, and characters of one; `page` reads on."""
MOST_FOUND = 40


def fitting(connection: sa.Connection, found: Sequence[Finding], now: datetime) -> list[Knowledge]:
    """What says that it fits one of these findings, without the texts: that of the first ones first."""
    asking = knowledge.that_ask(connection, now)
    chosen: dict[int, Knowledge] = {}
    for finding in found:
        for entry in best_first(entry for entry in asking if entry.number not in chosen and entry.written.fits.match(finding)):
            chosen[entry.number] = entry
    return list(chosen.values())


def for_incident(connection: sa.Connection, number: int, now: datetime) -> list[Knowledge]:
    """What fits the incident exactly, by the fault that it is about."""
    cause = incidents.get(connection, number).cause
    there = [stored.finding for stored in findings.of_incident(connection, number) if stored.closed_at is None]
    there.sort(key=lambda finding: finding.fingerprint != cause)
    return [entry for entry in fitting(connection, there, now) if entry.written.fits.exact]


def blocks(connection: sa.Connection, number: int, now: datetime) -> Iterator[Block]:
    """`Runbook: A volume fills up`, with the command that shows it."""
    for entry in for_incident(connection, number, now)[:MOST_NAMED]:
        says = f": {entry.written.strategy}" if entry.written.strategy else ""
        text = f"{entry.written.kind.word}: {entry.written.title}{says}"
        yield Block(kind=BlockKind.TEXT, text=text, command=f"stead knowledge show {knowledge_number(entry.number)}")


@dataclass(kw_only=True)
class Told:
    """What a run is told of it: `parts`, the best first, each under the name by which it is cited, in `collected` whole."""

    parts: list[str] = field(default_factory=list[str])
    collected: dict[str, str] = field(default_factory=dict[str, str])
    commands: dict[str, str] = field(default_factory=dict[str, str])
    tainted: bool = False


def told(connection: sa.Connection, journey: Journey, nonce: str, found: Sequence[Finding], words: str) -> Told:
    """What fits the findings, then what a search for `words` finds that has two of them at least; whole entries, fenced. What the owner
    wrote for agents is told by itself (`noting`)."""
    now = journey.now()
    numbers = [entry.number for entry in fitting(connection, found, now)]
    asked = words_of(words)
    for entry in knowledge.search(connection, asked, MOST_FOUND) if len(numbers) < MOST_TOLD else ():
        enough = held(asked, f"{entry.written.title} {entry.written.text}") >= min(2, len(asked))
        if entry.number not in numbers and entry.holds(now) and enough and not entry.note:
            numbers.append(entry.number)
    made = Told()
    for number in numbers[:MOST_TOLD]:
        entry = knowledge.find(connection, number)
        if entry is not None:
            _tell(made, entry, nonce)
    return made


def part(made: Told) -> Part:
    """As a part of the first message; without items where nothing fits."""
    return Part(heading="What is known of such cases here (`evidence` may name them):", items=made.parts, share=0.2)


def _tell(made: Told, entry: Knowledge, nonce: str) -> None:
    name = knowledge_number(entry.number)
    written = entry.written
    text = f"{written.strategy}\n{written.text}" if written.strategy else written.text
    made.collected[name] = text
    made.commands[name] = f"stead knowledge show {name}"
    made.tainted = made.tainted or entry.tainted
    cut = excerpt(text, MOST_OF_ONE)
    more = f"\n({cut.left_out} lines are not shown; `page` reads on in {name})" if cut.left_out else ""
    made.parts.append(f"{name} {written.kind.word}, {written.title} ({entry.place}):\n{fenced(cut.text, nonce)}{more}")


def decide(connection: sa.Connection, journey: Journey, number: int, *, by: Principal, approve: bool) -> Knowledge:
    """A person approves or rejects an entry, also one that was decided before. UserError when there is none."""
    found = get(connection, number)
    state = KnowledgeState.APPROVED if approve else KnowledgeState.REJECTED
    knowledge.decide(connection, number, state, str(by))
    say(connection, journey, found, f"was {state}", state)
    return get(connection, number)


def forget(connection: sa.Connection, journey: Journey, number: int) -> Knowledge:
    """Delete what Stead wrote for good. UserError when there is none, and for what a source would bring again."""
    found = get(connection, number)
    name = knowledge_number(number)
    if not found.own:
        what = f"{name} stands in the source {found.source} ({found.path}) and would come again"
        raise UserError(what, hint=f"delete the file there, or `stead knowledge reject {name}`", code=Exit.REFUSED)
    knowledge.forget(connection, number)
    say(connection, journey, found, "was forgotten", found.state)
    return found


def get(connection: sa.Connection, number: int) -> Knowledge:
    """UserError when there is none."""
    found = knowledge.find(connection, number)
    if found is None:
        name = knowledge_number(number)
        raise UserError(f"there is no entry {name}", hint="`stead knowledge list` lists them", code=Exit.NEGATIVE)
    return found


def say(connection: sa.Connection, journey: Journey, entry: Knowledge, said: str, state: KnowledgeState) -> None:
    """Tell of what became of an entry, to whoever follows events."""
    name = knowledge_number(entry.number)
    data = {"knowledge": name, "author": entry.author, "state": state.value, "said": f"{name} {said}: {entry.written.title}"}
    events.record(connection, "knowledge.changed", at=journey.now(), estate="", incident=entry.incident or None, data=data)
