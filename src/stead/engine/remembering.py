"""Memory: people write it, models only propose, and what holds is told at the beginning of a run.

Promise: nothing that a model proposes is told to a model before a person has approved it, unless the configuration says so; what was
learned from words of somebody else taints every run that it is told to, even when approved.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from stead.domain.errors import Exit, UserError
from stead.domain.excerpt import fenced, visible
from stead.domain.ids import memory_number, run_number
from stead.domain.knowledge import words_of
from stead.domain.memory import MOST_TEXT, Memory, MemoryKind, MemoryState, entries_of
from stead.domain.people import Principal
from stead.domain.run import Run, ToolCall
from stead.engine import learning
from stead.engine.journey import Journey
from stead.engine.packing import Part
from stead.engine.toolbox import REMEMBER, RememberArguments, arguments_of
from stead.store import events, memory, runs
from stead.store.search import best

MOST_ENTRIES = 300
"""Of those that hold or wait. Who wants more, forgets some first: a model is told only a few anyway."""
SKILL = "skill"
MOST_TOLD = 900
"""Bytes of memory in the first message of a run."""
PROPOSED_LASTS = timedelta(days=180)
"""What a model has learned is asked about anew after half a year; what a person wrote stays."""


def add(
    connection: sa.Connection, journey: Journey, *, by: Principal, text: str, kind: MemoryKind, lasts: timedelta | None = None
) -> Memory:
    """A person writes an entry. UserError when it says nothing, is too long, is there already, or there are too many."""
    clean = _fit(connection, journey, text)
    expires = None if lasts is None else journey.now() + lasts
    made = memory.add(connection, kind=kind, text=clean, state=MemoryState.APPROVED, author=str(by), now=journey.now(), expires_at=expires)
    _say(connection, journey, made, "was written")
    return made


def bring_in(connection: sa.Connection, journey: Journey, *, by: Principal, markdown: str, kind: MemoryKind) -> list[Memory]:
    """The entries of a MEMORY.md or USER.md that are not there yet. UserError for the first that cannot be one; then nothing is kept."""
    known = {entry.text for entry in memory.listed(connection)}
    fresh = [text for text in dict.fromkeys(entries_of(markdown)) if _clean(journey, text) not in known]
    return [add(connection, journey, by=by, text=text, kind=kind) for text in fresh]


def propose(connection: sa.Connection, journey: Journey, run: Run, text: str, kind: MemoryKind) -> None:
    """A model has something to remember. It waits for a person, where it is not there, was not rejected, and there is room."""
    try:
        clean = _fit(connection, journey, text)
    except UserError:
        return
    brief = runs.get(connection, run.number).brief
    tainted = brief is None or brief.tainted or any(s.body.get("tainted") for s in runs.steps(connection, run.number))
    state = MemoryState.PROPOSED if journey.memory_review or tainted else MemoryState.APPROVED
    made = memory.add(
        connection,
        kind=kind,
        text=clean,
        state=state,
        author=f"agent:{run.agent}",
        now=journey.now(),
        run=run.number,
        tainted=tainted,
        expires_at=journey.now() + PROPOSED_LASTS,
    )
    _say(connection, journey, made, f"was {state} by {run_number(run.number)}")


def decide(connection: sa.Connection, journey: Journey, number: int, *, by: Principal, approve: bool) -> Memory:
    """A person approves or rejects an entry, also one that was decided before. UserError when there is none."""
    _found(connection, number)
    memory.change(connection, number, state=MemoryState.APPROVED if approve else MemoryState.REJECTED, by=str(by))
    made = memory.get(connection, number)
    _say(connection, journey, made, f"was {made.state}")
    return made


def edit(connection: sa.Connection, journey: Journey, number: int, *, by: Principal, text: str) -> Memory:
    """A person writes it anew: with that it is approved. UserError when there is none, or the text cannot be one."""
    _found(connection, number)
    memory.change(connection, number, text=_fit(connection, journey, text, but=number), state=MemoryState.APPROVED, by=str(by))
    made = memory.get(connection, number)
    _say(connection, journey, made, "was edited")
    return made


def forget(connection: sa.Connection, journey: Journey, number: int) -> Memory:
    """Delete it for good. UserError when there is none."""
    found = _found(connection, number)
    memory.forget(connection, number)
    _say(connection, journey, found, "was forgotten")
    return found


def told(connection: sa.Connection, journey: Journey, nonce: str, words: Collection[str]) -> tuple[Part, bool]:
    """What holds, for the first message of a run, and whether it taints: what a search for `words` finds first, then the newest."""
    holding = [entry for entry in memory.listed(connection) if entry.holds(journey.now())]
    fitting = best(connection, "memory", words_of(" ".join(words)), MOST_ENTRIES)
    holding.sort(key=lambda entry: (fitting.index(entry.number) if entry.number in fitting else len(fitting), -entry.number))
    lines: list[str] = []
    chosen: list[Memory] = []
    for entry in holding:
        line = f"- {fenced(entry.text, nonce)}" if entry.tainted else f"- {entry.text}"
        if sum(len(one.encode()) + 1 for one in [*lines, line]) <= MOST_TOLD:
            lines.append(line)
            chosen.append(entry)
    return Part(heading="What is remembered:", items=lines, share=0.15), any(entry.tainted for entry in chosen)


def of_step(connection: sa.Connection, journey: Journey, run: Run, body: dict[str, Any]) -> None:
    """A step of a run was recorded: where it was the wish to remember something, that is proposed."""
    if body.get("tool") != REMEMBER or body.get("failed"):
        return
    given = arguments_of(ToolCall(id="", tool=REMEMBER, arguments=str(body["arguments"])), RememberArguments)
    if given.about == SKILL:
        learning.skill(connection, journey, run, given.fact)
        return
    propose(connection, journey, run, given.fact, MemoryKind(given.about))


def _fit(connection: sa.Connection, journey: Journey, text: str, but: int = 0) -> str:
    clean = _clean(journey, text)
    if not clean:
        raise UserError("there is nothing to remember", hint='stead memory add "the NAS reboots on Sundays at 03:00"')
    if len(clean) > MOST_TEXT:
        raise UserError(f"this has {len(clean)} characters; an entry has at most {MOST_TEXT}", hint="make it one fact, or several entries")
    there: Sequence[Memory] = [entry for entry in memory.listed(connection) if entry.number != but]
    same = next((entry for entry in there if entry.text.casefold() == clean.casefold()), None)
    if same is not None:
        raise UserError(f"{memory_number(same.number)} says that already ({same.state})", hint="stead memory list", code=Exit.REFUSED)
    if sum(entry.state is not MemoryState.REJECTED for entry in there) >= MOST_ENTRIES:
        raise UserError(f"there are {MOST_ENTRIES} entries, which is the most", hint="`stead memory forget` some", code=Exit.REFUSED)
    return clean


def _clean(journey: Journey, text: str) -> str:
    return re.sub(r"\s+", " ", journey.redact(visible(text))).strip()


def _found(connection: sa.Connection, number: int) -> Memory:
    found = memory.find(connection, number)
    if found is None:
        raise UserError(f"there is no entry {memory_number(number)}", hint="`stead memory list` lists them", code=Exit.NEGATIVE)
    return found


def _say(connection: sa.Connection, journey: Journey, entry: Memory, said: str) -> None:
    name = memory_number(entry.number)
    data = {"memory": name, "author": entry.author, "state": entry.state.value, "said": f"{name} {said}: {entry.text}"}
    events.record(connection, "memory.changed", at=journey.now(), estate="", incident=None, data=data)
