"""What runs leave behind as knowledge: the runbook of an incident that is over, and skills that an agent wrote down.

Promise: a runbook is a draft until a person approves it, and so is a skill of a run that was told or saw words of somebody else, that came
to no conclusion, or where the configuration wants a review.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from stead.domain.finding import Finding
from stead.domain.goal import DEBRIEF
from stead.domain.ids import incident_number, run_number
from stead.domain.knowledge import MOST_TEXT, OWN, Fits, KnowledgeKind, KnowledgeState, Written
from stead.domain.run import Ending, Run
from stead.engine import knowing
from stead.engine.investigate import Outcome
from stead.engine.journey import Journey
from stead.store import findings, incidents, knowledge

MOST_DRAFTS = 300
"""That wait for a review at once. Beyond that nothing is added: nobody reads it."""
MOST_TITLE = 120
_HEADING = re.compile(r"^#+\s*(.+)$", re.MULTILINE)
_DONE = (Ending.CONCLUDED, Ending.PARKED)


def run_ended(connection: sa.Connection, journey: Journey, run: Run, outcome: Outcome) -> None:
    """Keep the runbook that a debrief concluded with, and let the run's skills hold where nobody needs to look at them first."""
    if run.goal == DEBRIEF and outcome.conclusion is not None:
        _keep(connection, journey, run, KnowledgeKind.RUNBOOK, outcome.conclusion.cause, tainted=outcome.tainted)
    for entry in knowledge.of_run(connection, run.number):
        if entry.written.kind is KnowledgeKind.SKILL and entry.state is KnowledgeState.PROPOSED:
            knowledge.taint(connection, entry.number, outcome.tainted)
            if outcome.ending in _DONE and not outcome.tainted and not journey.skill_review:
                knowledge.decide(connection, entry.number, KnowledgeState.APPROVED, f"agent:{run.agent}")
                knowing.say(connection, journey, entry, "is used from now on", KnowledgeState.APPROVED)


def skill(connection: sa.Connection, journey: Journey, run: Run, text: str) -> None:
    """An agent wrote down how something is done. It stays a draft until the run has ended."""
    _keep(connection, journey, run, KnowledgeKind.SKILL, text, tainted=True)


def _keep(connection: sa.Connection, journey: Journey, run: Run, kind: KnowledgeKind, text: str, *, tainted: bool) -> None:
    clean = journey.redact(text).strip().encode(errors="replace")[:MOST_TEXT].decode(errors="ignore")
    if not clean or knowledge.waiting(connection) >= MOST_DRAFTS:
        return
    heading = _HEADING.search(clean)
    title = " ".join((heading[1] if heading else clean.partition("\n")[0]).split())[:MOST_TITLE]
    number = knowledge.save(
        connection,
        Written(kind=kind, title=title, text=clean, fits=_fits(connection, run)),
        source=OWN,
        path=f"{run_number(run.number)}/{_name(title)}.md",
        now=journey.now(),
        state=KnowledgeState.PROPOSED,
        author=f"agent:{run.agent}",
        run=run.number,
        incident=run.incident,
        tainted=tainted,
    )
    about = f" of {incident_number(run.incident)}" if run.incident else ""
    knowing.say(connection, journey, knowing.get(connection, number), f"is a draft{about} and waits for you", KnowledgeState.PROPOSED)


def _fits(connection: sa.Connection, run: Run) -> Fits:
    """The fault that the incident was about, on any object of that kind: the next case of it."""
    incident = incidents.find(connection, run.incident)
    stored = findings.of_incident(connection, run.incident) if incident is not None else []
    cause: Finding | None = next((s.finding for s in stored if incident is not None and s.finding.fingerprint == incident.cause), None)
    if cause is None:
        return Fits()
    check = cause.check.partition("/")[2] or cause.check
    return Fits(checks=(check,), reasons=(cause.reason,), kinds=((cause.top or cause.subject).kind,))


def _name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:60] or "draft"
