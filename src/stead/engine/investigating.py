"""A run in its surroundings: its tools, its record, the loop on which estates and models live."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from stead.domain.excerpt import MOST
from stead.domain.finding import Finding
from stead.domain.run import Brief, Ending
from stead.engine import investigations
from stead.engine.investigate import Outcome, Segment
from stead.engine.journey import Journey
from stead.engine.toolbox import Toolbox
from stead.store import incidents, runs
from stead.store.codec import plain

Step = Callable[[str, Callable[[], Coroutine[Any, Any, Any]]], Coroutine[Any, Any, Any]]
"""The durable engine's step: `step(name, work)`."""

SHARE = 4
"""One look may fill a quarter of what a model can hold, at 3 characters a token."""


async def play(journey: Journey, number: int, brief: Brief, step: Step) -> tuple[Outcome, list[Finding]]:
    """Play the run to its end; with it the incident's findings, the cause first, as they are then."""
    run = await journey.store.look(runs.get, number)
    incident = await journey.store.look(incidents.get, run.incident)
    estate = journey.estates.get(incident.estate)
    if journey.models is None or estate is None:
        missing = (
            "no model is configured any more" if journey.models is None else f"the estate {incident.estate} is not configured any more"
        )
        return Outcome(ending=Ending.NO_MODEL if journey.models is None else Ending.FAILED, note=missing), []

    async def once(key: str, kind: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        async def recorded() -> Any:
            known = await journey.store.look(runs.step, number, key)
            if known is not None:
                return known
            body = plain(await journey.there(work))
            await journey.store.run(investigations.keep_step, journey, number, key, kind, body)
            return body

        return await step(key, recorded)

    async def over() -> str:
        return await journey.store.look(investigations.over, number)

    most = min(MOST, min(spec.context for spec in journey.models.specs) * 3 // SHARE)
    toolbox = Toolbox.of(estate, journey.toolsets, journey.redact, run.nonce, most, brief.kinds, brief.toolsets)
    outcome = await Segment(run, brief, toolbox, journey.models, once, over).play()
    return outcome, await journey.store.look(investigations.cause_first, run.incident)
