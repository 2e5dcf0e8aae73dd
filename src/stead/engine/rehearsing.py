"""What an action would change, asked of the estate before anybody is asked: a server's dry run, admission included. Nothing is kept.

It takes the write identity, as the deed would: a right that is missing is told with the question, and not after the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from stead.domain.action import Action
from stead.domain.errors import SteadError
from stead.engine.guarded import Guarded
from stead.engine.journey import Journey
from stead.engine.proposing import Resolved
from stead.engine.pursue import Proposal, Proposals

MOST_LINES = 20
LONGEST = 200

T = TypeVar("T", Proposals, Resolved)


async def rehearsed(journey: Journey, proposing: Awaitable[T]) -> T:
    """What was proposed, each with a preview."""
    found = await proposing
    return replace(found, made=tuple([await _rehearse(journey, one) for one in found.made]))


async def _rehearse(journey: Journey, proposal: Proposal) -> Proposal:
    request = proposal.request
    verb, estate = journey.verbs.get(request.verb), journey.estates.get(request.subject.estate)
    if verb is None or estate is None or verb.rehearse is None:
        return proposal
    try:
        hands = Guarded(estate.hands(), journey.own_namespaces)
        lines = await verb.rehearse(Action(id="rehearsal", incident=0, request=request), estate, hands)
    except SteadError as error:
        lines = [f"it would be refused: {error}"]
    if verb.prepare is not None:
        # It is what the answer binds, so all of it is shown; how much that may be was judged when it was made.
        return replace(proposal, preview=tuple(journey.redact(line) for line in lines))
    shown = [journey.redact(line)[:LONGEST] for line in lines[:MOST_LINES]]
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return replace(proposal, preview=(*shown, *more))
