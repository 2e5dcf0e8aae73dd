"""A run played again from its record: the real loop, with what models answered and tools saw read back instead of asked for.

Nothing is called: no model, no tool, no service. What the loop makes of the record today is compared with how the run ended then.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import msgspec

from stead.domain.errors import UserError
from stead.domain.excerpt import MOST
from stead.domain.model import ModelRole, ModelSpec
from stead.domain.run import Brief, Ending, Message, Question, Reply, Run, Speaker
from stead.engine.investigate import Outcome, Segment
from stead.engine.toolbox import Toolbox
from stead.ports import Estate
from stead.store.codec import load_plain

SAME = {Ending.PARKED: Ending.CONCLUDED}
"""A run that concluded, and waits for what becomes of its proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step that comes next: its record, and all that had been said when it was taken."""

    step: Mapping[str, Any]
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How the loop ended, None where the record breaks off before an end; `recorded` is how it ended then, "" while it was under way."""

    outcome: Outcome | None
    recorded: str
    steps: int

    @property
    def same(self) -> bool:
        """Whether today's loop comes to the end that it came to then. One that a person or a crash ended has no end of its own."""
        if self.outcome is None:
            return self.recorded in ("", Ending.CANCELLED, Ending.FAILED)
        return bool(self.recorded) and SAME.get(Ending(self.recorded), Ending(self.recorded)) is self.outcome.ending


class _EndOfRecord(Exception):  # noqa: N818 - it is no error
    """The next step was never taken."""


async def play(record: Any, tell: Callable[[Told], Coroutine[Any, Any, None]]) -> Played:
    """Play the run that GET /api/runs/… told; `tell` hears each step before it is heard. UserError for what is no record of a run."""
    run, brief, steps = _read(record)
    taken: list[str] = []
    segment: Segment

    async def once(key: str, _kind: str, _work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if key not in steps:
            raise _EndOfRecord
        taken.append(key)
        await tell(Told(step=steps[key], messages=tuple(segment.messages)))
        return {name: value for name, value in steps[key].items() if name not in ("key", "kind", "at")}

    async def never_over() -> str:
        return ""

    # Without an estate and without tools: what each of them saw is in the record, and none is called.
    toolbox = Toolbox.of(cast("Estate", None), (), _as_it_is, run.nonce, MOST)
    segment = Segment(run, brief, toolbox, _Nobody(), once, never_over)
    recorded = str(record.get("ending") or "")
    try:
        return Played(outcome=await segment.play(), recorded=recorded, steps=len(taken))
    except _EndOfRecord:
        return Played(outcome=None, recorded=recorded, steps=len(taken))


def _read(record: Any) -> tuple[Run, Brief, dict[str, Mapping[str, Any]]]:
    try:
        if record["brief"] is None:
            raise UserError(f"{record['id']} has nothing to replay: it ended before it began", hint=f"`stead runs show {record['id']}`")
        brief = load_plain(record["brief"], Brief)
        steps = {str(step["key"]): step for step in record["steps"]}
        run = Run(
            number=int(record["number"]),
            incident=0,
            episode=int(record["episode"]),
            segment=0,
            agent=str(record["agent"]),
            nonce=str(record["nonce"]),
            began_at=datetime.fromisoformat(record["began_at"]),
        )
    except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
        raise UserError("this is no record of a run", hint="`stead runs show R-9 -o json` writes one") from error
    return run, replace(brief, history=_before(brief)), steps


def _before(brief: Brief) -> tuple[Message, ...]:
    """What was said before this run. One that has ended keeps there all that was said in it, too."""
    begins = [n for n, m in enumerate(brief.history) if m.speaker is Speaker.STEAD and m.text == brief.opening]
    return brief.history[: begins[-1]] if begins else brief.history


def _as_it_is(text: str) -> str:
    """Secrets were hidden when the record was written."""
    return text


class _Nobody:
    """In the place of models: what they answered is in the record."""

    specs = (ModelSpec(name="record", kind="record", model="", key=str, context=10_000_000),)

    def routed(self, agent: str, goal: str) -> _Nobody:  # noqa: ARG002 - whoever answered then
        return self

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:
        raise AssertionError(f"a replay asks nobody ({role}, {len(question.messages)} messages)")

    async def close(self) -> None: ...
