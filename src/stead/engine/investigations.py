"""When a model is asked, and what becomes of what it says: the transactions around a run.

Promise: without a configured model none of this writes a row. Nobody waits for a run; what it comes to edits the message that is out.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because
from stead.domain.errors import Exit, UserError
from stead.domain.finding import Finding
from stead.domain.goal import INCIDENT
from stead.domain.incident import IncidentState
from stead.domain.run import Brief, Ending, Run, Speaker
from stead.engine import background, decide, goal_runs, learning, notify, remembering, spending, talking, triage
from stead.engine.agenda import MOST_SEGMENTS
from stead.engine.context import Pack
from stead.engine.faults import fault_point
from stead.engine.investigate import Outcome
from stead.engine.journey import Journey
from stead.engine.proposing import Resolved
from stead.engine.pursue import Proposal, woken_by, workable
from stead.store import actions, due, events, findings, incidents, runs, sessions, switch

_BEGINS_IN = (IncidentState.OPEN, IncidentState.ESCALATED)


def consider(connection: sa.Connection, journey: Journey, number: int, *, news: bool = False) -> None:
    """Have a model look at the incident, if checks and playbooks have left it unsettled and there is something new to look at.

    `news` says that there is: something that was tried or asked has just come to nothing.
    """
    if (
        journey.models is None
        or switch.stopped(connection) is not None
        or incidents.get(connection, number).state not in _BEGINS_IN
        or incidents.get(connection, number).muted
        or not workable(connection, number)
    ):
        return
    episode = incidents.get(connection, number).episode
    before = runs.of_incident(connection, number, episode)
    if any(run.ending is None for run in before) or sum(1 for run in before if not run.asked_by) >= journey.incident_runs:
        return
    if before and not news and not _something_ended_since(connection, number, before[-1]):
        return
    _open(connection, journey, number, "")


def resume(connection: sa.Connection, journey: Journey, number: int) -> None:
    """Nothing came of what was asked: a run that waits for it goes on. Where no model proposed it, nobody is asked."""
    before = runs.of_incident(connection, number, incidents.get(connection, number).episode)
    if before and before[-1].ending is Ending.PARKED:
        consider(connection, journey, number, news=True)


def ask_for(connection: sa.Connection, journey: Journey, number: int, by: str, agent: str = "", goal: str = INCIDENT) -> int:
    """A person wants the incident investigated, whatever playbooks have proposed. The run's number. UserError when it cannot be.

    `agent` "" is the goal's own.
    """
    incident = incidents.find(connection, number)
    name = ids.incident_number(number)
    if incident is None:
        raise UserError(f"there is no incident {name}", hint="`stead incidents --all` lists them", code=Exit.NEGATIVE)
    if journey.models is None:
        raise UserError("no model is configured: nobody can investigate", hint="add `models:` to stead.yaml", code=Exit.REFUSED)
    if (now_stopped := switch.stopped(connection)) is not None:
        raise UserError(f"{now_stopped}; nobody investigates", hint="`stead resume` lets it work again", code=Exit.REFUSED)
    if not _firing(connection, number):
        raise UserError(f"{name} is over: there is nothing left to look at", hint=f"`stead show {name}` tells it", code=Exit.REFUSED)
    for run in runs.of_incident(connection, number, incident.episode):
        if run.ending is None:
            raise UserError(
                f"{ids.run_number(run.number)} is investigating {name} already",
                hint=f"`stead runs show {ids.run_number(run.number)}` shows it",
                code=Exit.REFUSED,
            )
    return _open(connection, journey, number, by, agent, goal)


def begin(connection: sa.Connection, journey: Journey, number: int) -> Brief | None:
    """What the run is told. None when it is over before it began. Beginning again hands out the same."""
    run = runs.get(connection, number)
    if run.ending is not None:
        return None
    if run.brief is not None:
        return run.brief
    brief = _brief(connection, journey, run)
    if brief is None:
        gone = [f"agent `{run.agent}`"] if run.agent not in journey.souls() else []
        gone += [f"goal `{run.goal}`"] if run.goal not in journey.goals() else []
        ending = Ending.FAILED if gone else Ending.CANCELLED
        note = f"there is no {gone[0]} any more" if gone else "it was over before it began"
        runs.end(connection, number, ending, note, run.spent, None, journey.now())
        return None
    if why := spending.spent_out(connection, journey, run):
        runs.end(connection, number, Ending.OUT_OF_BUDGET, why, run.spent, None, journey.now())
        _say(connection, journey, run, f"ended, {Ending.OUT_OF_BUDGET}: {why}")
        notify.tell(connection, journey, run.incident, Because.MOVED)
        return None
    runs.set_brief(connection, number, brief)
    if brief.state in _BEGINS_IN:
        triage.move(connection, journey, run.incident, IncidentState.INVESTIGATING)
    _say(connection, journey, run, "begins to investigate")
    notify.tell(connection, journey, run.incident, Because.MOVED)
    return brief


def over(connection: sa.Connection, number: int) -> str:
    """Why nothing is left to investigate; "" while there is."""
    run = runs.outline(connection, number)
    if run is None or run.ending is not None:
        return "it was deleted" if run is None else run.note
    return "" if _firing(connection, run.incident) else "the fault went away by itself"


def end(connection: sa.Connection, journey: Journey, number: int, outcome: Outcome, resolved: Resolved) -> None:
    """Write how the run ended, and hand what it proposes to policy. Ending the same run again changes nothing."""
    run = runs.get(connection, number)
    outcome = replace(outcome, spent=outcome.spent + resolved.spent)
    spending.count_program(connection, journey, run, resolved.model, resolved.spent)
    woke = woken_by(connection, run.incident, run.asked_by)
    fresh = [replace(one, request=replace(one.request, trigger=woke)) for one in _fresh(connection, run, resolved.made)]
    ending = Ending.PARKED if outcome.ending is Ending.CONCLUDED and fresh else outcome.ending
    note = "; ".join([outcome.note, *(f"not asked about: {text}" for text in resolved.left_out)]).strip("; ")
    if not runs.end(connection, number, ending, note, outcome.spent, outcome.conclusion, journey.now()):
        if run.ending is Ending.CANCELLED:
            runs.spend(connection, number, outcome.spent)
        return
    if run.brief is not None:
        runs.set_brief(connection, number, replace(run.brief, history=outcome.messages))
    for text in resolved.left_out:
        _refused(connection, journey, run, text)
    _back(connection, journey, run)
    learning.run_ended(connection, journey, run, replace(outcome, ending=ending))
    said = outcome.conclusion.cause if outcome.conclusion else note
    _say(connection, journey, run, f"ended, {ending}, after {outcome.spent.tokens} tokens" + (f": {said}" if said else ""))
    fault_point("investigate.before-decide")
    if fresh and _firing(connection, run.incident):
        decide.decide(connection, journey, run.incident, fresh, f"{run.incident}.{run.episode}.{run.segment}")
    notify.tell(connection, journey, run.incident, Because.MOVED)


def _refused(connection: sa.Connection, journey: Journey, run: Run, what: str) -> None:
    """A model wanted what cannot even be asked about: nothing comes of it, and it is written down."""
    data = {"what": what, "by": f"agent:{run.agent}"}
    name = ids.run_number(run.number)
    events.record(connection, "proposal.refused", at=journey.now(), estate="", incident=run.incident, run=name, data=data)


def give_up(connection: sa.Connection, journey: Journey, number: int, why: str) -> None:
    """The run itself failed, for no foreseen reason, again and again."""
    run = runs.get(connection, number)
    if runs.end(connection, number, Ending.FAILED, why, spending.spent_in(connection, number), None, journey.now()):
        _back(connection, journey, run)
        _say(connection, journey, run, f"ended, {Ending.FAILED}: {why}")
        notify.tell(connection, journey, run.incident, Because.MOVED)


def cancelled(connection: sa.Connection, journey: Journey, run: Run, note: str) -> None:
    """A person has ended the run: the incident goes on without it."""
    _back(connection, journey, run)
    _say(connection, journey, run, f"ended, {Ending.CANCELLED}: {note}")
    notify.tell(connection, journey, run.incident, Because.MOVED)


def cause_first(connection: sa.Connection, number: int) -> list[Finding]:
    """The firing findings of the incident, its cause first."""
    cause = incidents.get(connection, number).cause
    return sorted(_firing(connection, number), key=lambda finding: finding.fingerprint != cause)


def _open(connection: sa.Connection, journey: Journey, number: int, by: str, agent: str = "", goal: str = INCIDENT) -> int:
    segment = incidents.next_segment(connection, number)
    if segment > MOST_SEGMENTS:
        raise UserError(f"{ids.incident_number(number)} was worked on {MOST_SEGMENTS} times", hint="look yourself", code=Exit.REFUSED)
    episode = incidents.get(connection, number).episode
    run = runs.add(
        connection,
        incident=number,
        episode=episode,
        segment=segment,
        agent=agent or journey.goals()[goal].agent,
        goal=goal,
        asked_by=by,
        nonce=secrets.token_hex(4),
        now=journey.now(),
    )
    due.schedule(connection, "investigate", str(run), journey.now(), ids.segment_workflow(number, episode, segment))
    return run


def _brief(connection: sa.Connection, journey: Journey, run: Run) -> Brief | None:
    found = cause_first(connection, run.incident)
    soul, goal = journey.souls().get(run.agent), journey.goals().get(run.goal)
    if not found or journey.models is None or soul is None or goal is None:
        return None
    incident = incidents.get(connection, run.incident)
    pack = Pack(journey.redact, run.nonce)
    done = [stored for stored in actions.of_incident(connection, run.incident) if stored.episode == run.episode]
    words = [m.text for s in sessions.of_incident(connection, run.incident) for m in s.messages][-3:]
    words = [journey.redact(word) for word in words]
    parked = [r for r in runs.of_incident(connection, run.incident, run.episode) if r.ending is Ending.PARKED and r.brief is not None]
    before = parked[-1].brief if parked else None
    names = [part for f in found for s in (f.subject, f.top) if s is not None for part in (s.name, s.namespace)]
    about = f"{found[0].summary} {found[0].check} {found[0].reason}"
    besides = background.told(connection, journey, run.nonce, incident.estate, found, about, names)
    opening = pack.opening(incident, found, journey.verbs, done, words, besides=besides.parts)
    if before is not None:
        opening = f"What you proposed came to nothing, or was not enough. This is how it stands now.\n\n{opening}"
    return Brief(
        system=f"{soul.text}\n\n{goal.text}",
        looks=() if before else tuple(goal_runs.looks_of(journey, goal)),
        numbered=before.numbered + len(before.looks) if before else 0,
        opening=opening,
        budget=journey.run_budget,
        toolsets=soul.toolsets,
        collected={**(before.collected if before else {}), **_evidence_of(before), **pack.collected, **besides.collected},
        commands={**(before.commands if before else {}), **pack.commands, **besides.commands},
        tainted=pack.tainted or besides.tainted or (before is not None and before.tainted),
        history=() if before is None else before.history,
        state=incident.state.value,
        note=incidents.note(connection, run.incident),
        kinds=tuple(sorted({s.kind for f in found for s in (f.subject, f.top, *f.depends_on) if s is not None})),
    )


def _evidence_of(before: Brief | None) -> dict[str, str]:
    """What tools saw in the segment before, by id."""
    said = [m.text for m in before.history if m.speaker is Speaker.TOOL] if before is not None else []
    named = [text.partition("\n") for text in said]
    return {name: text for name, _, text in named if name[:1] == "E" and name[1:].isdecimal()}


def _fresh(connection: sa.Connection, run: Run, made: Sequence[Proposal]) -> list[Proposal]:
    """What was not tried in this episode yet, in whatever words it is proposed again."""
    stored = actions.of_incident(connection, run.incident)
    tried = [s.action.request for s in stored if s.episode == run.episode]
    same = {(r.verb, r.subject.key, str(sorted(r.parameters.items()))) for r in tried}
    return [p for p in made if (p.request.verb, p.request.subject.key, str(sorted(p.request.parameters.items()))) not in same]


def _firing(connection: sa.Connection, number: int) -> list[Finding]:
    stored = findings.of_incident(connection, number)
    return [s.finding for s in stored if s.closed_at is None and s.finding.state.value == "firing"]


def _something_ended_since(connection: sa.Connection, number: int, run: Run) -> bool:
    ends = [stored.ended_at for stored in actions.of_incident(connection, number) if stored.ended_at is not None]
    return run.ended_at is not None and any(at > run.ended_at for at in ends)


def _back(connection: sa.Connection, journey: Journey, run: Run) -> None:
    """To where the incident was before, if nothing has moved it since."""
    if run.brief is not None and incidents.get(connection, run.incident).state is IncidentState.INVESTIGATING:
        triage.move(connection, journey, run.incident, IncidentState(run.brief.state), run.brief.note)


def _say(connection: sa.Connection, journey: Journey, run: Run, said: str) -> None:
    name = ids.run_number(run.number)
    estate = incidents.get(connection, run.incident).estate
    data = {"run": name, "agent": run.agent, "said": f"{name} {said}"}
    events.record(connection, "run.step", at=journey.now(), estate=estate, incident=run.incident, run=name, data=data)


def keep_step(connection: sa.Connection, journey: Journey, number: int, key: str, kind: str, body: dict[str, Any]) -> None:
    """Write a step of the run, count what it cost, and tell of a look that was taken. A run that was deleted meanwhile keeps nothing."""
    run = runs.outline(connection, number)
    if run is None:
        return
    if runs.record(connection, number, key, kind, body, journey.now()):
        spending.count(connection, journey, run, key, kind, body)
        remembering.of_step(connection, journey, run, body)
    if kind == "tool":
        failed = " in vain" if body.get("failed") else ""
        say = talking.say if run.session else goal_runs.say if run.estate else _say
        say(connection, journey, run, f"looks{failed}: {body['tool']} {body['arguments'][:200]}")
