"""What a model made of an incident, as a part of its message: the cause with its evidence, and what was struck from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.conclusion import Conclusion, doubt
from stead.domain.delivery import Block, BlockKind
from stead.domain.finding import Finding
from stead.domain.run import Ending, Run
from stead.store import findings, incidents, runs

MOST_CLAIMS = 4


def blocks(connection: sa.Connection, number: int, episode: int) -> Iterator[Block]:
    """Of the newest run of this episode; nothing where there was none."""
    before = runs.of_incident(connection, number, episode)
    if not before:
        return
    run = before[-1]
    name = ids.run_number(run.number)
    if run.ending is None:
        if run.brief is not None:
            yield Block(kind=BlockKind.TEXT, text=f"A model is looking into it ({name}).")
    elif run.conclusion is not None:
        yield from _conclusion(connection, run, run.conclusion, name)
    elif run.ending is not Ending.CANCELLED:
        yield Block(
            kind=BlockKind.TEXT, text=f"A model came to no conclusion ({name}, {run.ending})." + (f" {run.note}" if run.note else "")
        )


def _conclusion(connection: sa.Connection, run: Run, made: Conclusion, name: str) -> Iterator[Block]:
    impact = f" Impact: {made.impact}" if made.impact else ""
    yield Block(kind=BlockKind.TEXT, text=f"A model concludes ({name}, confidence {made.confidence}): {made.cause}{impact}")
    commands = _commands(connection, run)
    for claim in made.evidence[:MOST_CLAIMS]:
        command = next((commands[by] for by in claim.by if commands.get(by)), "")
        yield Block(kind=BlockKind.EVIDENCE, text=f"{claim.claim} [{', '.join(claim.by)}]", command=command)
    if made.struck:
        struck = "\n".join(f"· {claim.claim} [{', '.join(claim.by) or 'no evidence'}]" for claim in made.struck[:MOST_CLAIMS])
        yield Block(kind=BlockKind.TEXT, text=f"Struck, because this evidence was never collected:\n{struck}")
    if made.ruled_out:
        yield Block(kind=BlockKind.TEXT, text="Ruled out: " + "; ".join(made.ruled_out[:MOST_CLAIMS]))
    if unsure := doubt(made, _cause(connection, run)):
        yield Block(kind=BlockKind.TEXT, text=f"Take it with care: {unsure}.")
    if run.note:
        yield Block(kind=BlockKind.TEXT, text=run.note)
    if made.watch:
        yield Block(kind=BlockKind.TEXT, text="To watch: " + "; ".join(made.watch[:MOST_CLAIMS]))


def _cause(connection: sa.Connection, run: Run) -> Finding | None:
    """What the checks blame: the deterministic ranking that stands beside the model's."""
    cause = incidents.get(connection, run.incident).cause
    return next((s.finding for s in findings.of_incident(connection, run.incident) if s.finding.fingerprint == cause), None)


def _commands(connection: sa.Connection, run: Run) -> Mapping[str, str]:
    """The line to paste for each piece of evidence."""
    seen = [step.body for step in runs.steps(connection, run.number) if step.kind == "tool"]
    return {**(run.brief.commands if run.brief else {}), **{str(body["evidence"]): str(body["command"]) for body in seen}}
