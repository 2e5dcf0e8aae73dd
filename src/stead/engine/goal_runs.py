"""Runs for a goal that is not an open incident: the estate as a whole, a question, or an incident that is over.

Promise: such a run only tells. It proposes no action, moves no incident, and edits no message.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.errors import Exit, UserError
from stead.domain.goal import About, Goal, PackLook
from stead.domain.people import Principal
from stead.domain.run import Brief, Ending, Run, ToolCall
from stead.engine import background, learning, spending
from stead.engine.context import MOST_OPENING, Pack
from stead.engine.investigate import Outcome
from stead.engine.journey import Journey
from stead.engine.packing import Part
from stead.engine.packing import pack as packed
from stead.store import actions, due, events, findings, incidents, runs

MOST_QUESTION = 2000
MOST_OPEN = 12
"""Open incidents that a run about the estate is told of."""
SCRIPT = "pack_"


def ask_for(
    connection: sa.Connection, journey: Journey, goal: Goal, *, agent: str, incident: int | None, estate: str, question: str, by: Principal
) -> int:
    """Open a run for the goal; its number. UserError when that cannot be."""
    if journey.models is None:
        raise UserError("no model is configured: nobody can look", hint="add `models:` to stead.yaml", code=Exit.REFUSED)
    of = None if incident is None else incidents.find(connection, incident)
    if incident is not None and of is None:
        name = ids.incident_number(incident)
        raise UserError(f"there is no incident {name}", hint="`stead incidents --all` lists them", code=Exit.NEGATIVE)
    if goal.about is About.PAST and of is None:
        raise UserError(f"the goal `{goal.name}` is about an incident", hint=f"stead investigate I-41 --goal {goal.name}")
    where = estate or (of.estate if of is not None else next(iter(journey.estates), ""))
    if where not in journey.estates:
        known = ", ".join(journey.estates) or "none"
        raise UserError(f"there is no estate `{where[:60]}`" if where else "nothing is watched", hint=f"known: {known}", code=Exit.NEGATIVE)
    number = runs.add(
        connection,
        incident=incident or 0,
        episode=of.episode if of is not None else 0,
        segment=0,
        agent=agent,
        asked_by=str(by),
        goal=goal.name,
        estate=where,
        question=journey.redact(question.strip())[:MOST_QUESTION],
        nonce=secrets.token_hex(4),
        now=journey.now(),
    )
    due.schedule(connection, "goal", str(number), journey.now(), f"gol:{number}")
    return number


def begin(connection: sa.Connection, journey: Journey, number: int) -> Brief | None:
    """What the run is told. None when it is over before it began. Beginning again hands out the same."""
    run = runs.find(connection, number)
    if run is None or run.ending is not None:
        return None
    if run.brief is not None:
        return run.brief
    goal, soul = journey.goals().get(run.goal), journey.souls().get(run.agent)
    if goal is None or soul is None:
        missing = f"goal `{run.goal}`" if goal is None else f"agent `{run.agent}`"
        end(connection, journey, number, Outcome(ending=Ending.FAILED, note=f"there is no {missing} any more"))
        return None
    if why := spending.spent_out(connection, journey, run):
        end(connection, journey, number, Outcome(ending=Ending.OUT_OF_BUDGET, note=why))
        return None
    pack = Pack(journey.redact, run.nonce)
    cases = [] if run.incident else background.open_cases(connection, run.estate)
    besides = background.told(connection, journey, run.nonce, run.estate, cases, run.question)
    if run.incident:
        opening = _about_incident(connection, journey, run, pack, besides.parts)
    else:
        here = Part(heading="", items=["\n".join(about_estate(connection, journey, run, pack))], share=0.0)
        opening = packed([here, *besides.parts], MOST_OPENING).text
    brief = Brief(
        system=f"{soul.text}\n\n{goal.text}",
        opening=opening,
        budget=journey.run_budget,
        toolsets=soul.toolsets,
        collected={**pack.collected, **besides.collected},
        commands={**pack.commands, **besides.commands},
        tainted=pack.tainted or besides.tainted,
        looks=tuple(looks_of(journey, goal)),
    )
    runs.set_brief(connection, number, brief)
    say(connection, journey, run, "begins to look")
    return brief


def looks_of(journey: Journey, goal: Goal) -> Iterator[ToolCall]:
    """What the goal's packs look at before a model is asked, as far as there are the tools for it."""
    return looks_for(journey, goal.looks, goal.script_names, goal.scripts)


def looks_for(journey: Journey, looks: Sequence[PackLook], script_names: Sequence[str], every_script: bool) -> Iterator[ToolCall]:
    """The same of these looks and scripts."""
    there = [tool.name for toolset in journey.toolsets for tool in toolset.tools]
    scripts = [name for name in there if name.startswith(SCRIPT)]
    named = scripts if every_script else [SCRIPT + name for name in script_names if SCRIPT + name in scripts]
    wanted = [(look.tool, dict(look.arguments)) for look in looks if look.tool in there] + [(name, {}) for name in named]
    for position, (tool, arguments) in enumerate(wanted, start=1):
        yield ToolCall(id=f"pack_{position}", tool=tool, arguments=json.dumps(arguments))


def over(connection: sa.Connection, number: int) -> str:
    """Why nobody waits for it any more; "" while somebody does."""
    run = runs.outline(connection, number)
    return "it was deleted" if run is None else run.note or run.ending.value if run.ending is not None else ""


def end(connection: sa.Connection, journey: Journey, number: int, outcome: Outcome) -> None:
    """Write how the run ended. Ending the same run again changes nothing."""
    run = runs.find(connection, number)
    if run is None:
        return
    asked = bool(outcome.conclusion and outcome.conclusion.actions)
    note = "; ".join(part for part in (outcome.note, "what it proposes is not asked about: its goal only tells" if asked else "") if part)
    if not runs.end(connection, number, outcome.ending, note, outcome.spent, outcome.conclusion, journey.now()):
        runs.spend(connection, number, outcome.spent)
        return
    learning.run_ended(connection, journey, run, outcome)
    say(connection, journey, run, f"ended, {outcome.ending}, after {outcome.spent.tokens} tokens" + (f": {note}" if note else ""))


def give_up(connection: sa.Connection, journey: Journey, number: int, why: str) -> None:
    """The run itself failed, for no foreseen reason, again and again."""
    end(connection, journey, number, Outcome(ending=Ending.FAILED, note=why, spent=spending.spent_in(connection, number)))


def cancelled(connection: sa.Connection, journey: Journey, run: Run, note: str) -> None:
    """A person has ended the run."""
    say(connection, journey, run, f"ended, {Ending.CANCELLED}: {note}")


def _about_incident(connection: sa.Connection, journey: Journey, run: Run, pack: Pack, besides: Sequence[Part]) -> str:
    """All that was ever found and done in it, its cause first."""
    incident = incidents.get(connection, run.incident)
    found = [stored.finding for stored in findings.of_incident(connection, run.incident)]
    found.sort(key=lambda finding: finding.fingerprint != incident.cause)
    done = [stored for stored in actions.of_incident(connection, run.incident) if stored.episode == incident.episode]
    before = [r.conclusion for r in runs.of_incident(connection, run.incident, incident.episode) if r.conclusion is not None]
    words = [run.question] if run.question else []
    opening = pack.opening(incident, found, {}, done, words, goal=run.goal, besides=besides)
    return "\n".join([opening, *(f"\nA model concluded then: {journey.redact(made.cause)}" for made in before[-1:])])


def about_estate(connection: sa.Connection, journey: Journey, run: Run, pack: Pack) -> Iterator[str]:
    """How the estate is now, as lines for a model."""
    yield f"Goal: {run.goal} of the estate {run.estate}. It is {journey.now():%Y-%m-%d %H:%M} UTC."
    if run.question:
        yield f"A person asks: {run.question}"
    here = [incident for incident in incidents.listed(connection) if incident.estate == run.estate]
    yield f"\nOpen incidents: {len(here) or 'none'}"
    for incident in here[:MOST_OPEN]:
        yield f"- {ids.incident_number(incident.number)} ({incident.severity}, {incident.state.value}): {pack.clean(incident.title)}"
    if len(here) > MOST_OPEN:
        yield f"… and {len(here) - MOST_OPEN} more"
    stored = findings.open_findings(connection, run.estate).values()
    blind = [one.finding for one in stored if one.finding.state.value == "blind"]
    yield "Stead could look everywhere." if not blind else f"Stead could not look at {len(blind)} things:"
    yield from (f"- {pack.clean(finding.summary)}" for finding in blind[:6])


def say(connection: sa.Connection, journey: Journey, run: Run, said: str) -> None:
    """Tell of a step of the run, to whoever follows its events."""
    name = ids.run_number(run.number)
    data = {"run": name, "agent": run.agent, "goal": run.goal, "said": f"{name} {said}"}
    events.record(connection, "run.step", at=journey.now(), estate=run.estate, incident=run.incident or None, run=name, data=data)
