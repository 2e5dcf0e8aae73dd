"""Why, over HTTP: how an incident hangs together, why Stead spoke or acted, and why it did not."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from stead.app import graphs, reasons, why_not
from stead.app.wiring import Stead
from stead.domain.ids import incident_number, parse_number
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    reading = APIRouter(prefix="/api", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])

    @reading.get("/incidents/{number}/graph")
    async def graph(number: str) -> dict[str, Any]:
        """How the findings of an incident hang on their cause: a tree of nodes, each with its relation to the one above it."""
        return _found(await stead.store.look(graphs.graph, parse_number(number, "I")), number)

    @reading.get("/incidents/{number}/why")
    async def why(number: str) -> dict[str, Any]:
        """Why it is one incident and as severe as it is, why it was told or kept back, why something was done or not."""
        return _found(await stead.store.look(reasons.why, parse_number(number, "I")), number)

    @reading.get("/why-not")
    async def not_(
        subject: Annotated[str, Query(min_length=1, max_length=600, description="`deployment/payments/api`, `payments/api`, `node/n1`.")],
    ) -> dict[str, Any]:
        """Why nothing was said of a subject: which checks look at it and what they say, what is muted, blind, disabled or not covered."""
        return await why_not.why_not(stead, subject)

    return reading


def _found(answer: dict[str, Any] | None, number: str) -> dict[str, Any]:
    if answer is None:
        raise ApiError(404, f"there is no incident {incident_number(parse_number(number, 'I'))}", "`stead incidents --all` lists them")
    return answer
