"""The outbox and acknowledgements over HTTP: who reads sees what waits, who approves tries again, drops and acknowledges."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from stead.app import outbox_told
from stead.app.shown import time
from stead.app.wiring import Stead
from stead.domain.ids import incident_number, parse_number
from stead.engine import acknowledging, outbox
from stead.gateway.auth import needs
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    made = APIRouter(prefix="/api", tags=["deciding"])

    @made.get("/outbox", dependencies=[Depends(needs(stead, Scope.READ))])
    async def listed(
        everything: Annotated[bool, Query(alias="all", description="What left, was held or dropped, too: the newest 1000.")] = False,
    ) -> list[dict[str, Any]]:
        """Messages that wait to leave, or were given up on."""
        return await stead.store.look(outbox_told.rows, everything)

    @made.post("/outbox/{number}/retry", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def retry(number: str, request: Request) -> dict[str, Any]:
        """Try a message again at once, with what is to be said now. Needs the scope `approve`. `D-12` or `12`."""
        return outbox_told.row(await stead.change(outbox.retry, parse_number(number, "D"), by=request.state.principal))

    @made.post("/outbox/{number}/drop", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def drop(number: str, request: Request) -> dict[str, Any]:
        """Take a message out: it is not said. Needs the scope `approve`."""
        return outbox_told.row(await stead.change(outbox.drop, parse_number(number, "D"), by=request.state.principal))

    @made.post("/incidents/{number}/acknowledgement", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def acknowledge(number: str, request: Request) -> dict[str, Any]:
        """Say that you look after an incident: it is escalated and repeated no more. The answer says who was first."""
        wanted = parse_number(number, "I")
        stands = await stead.change(acknowledging.acknowledge, wanted, by=request.state.principal)
        return {"incident": incident_number(wanted), "by": stands.acknowledged_by, "at": time(stands.acknowledged_at)}

    return made
