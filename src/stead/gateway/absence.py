"""Who is away, over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app.shown import time
from stead.app.wiring import Stead
from stead.domain.errors import UserError
from stead.engine import being_away
from stead.gateway.auth import needs
from stead.gateway.moments import end_of
from stead.store import away
from stead.store.tokens import Scope


class AwayBody(BaseModel):
    """Until when: `for`, or `until`."""

    model_config = ConfigDict(extra="forbid")

    until: str | None = Field(None, max_length=40, description="RFC 3339.")
    lasts: str | None = Field(None, alias="for", max_length=20, description="How long from now, like `3d`.")


def router(stead: Stead) -> APIRouter:
    made = APIRouter(prefix="/api", tags=["deciding"])

    @made.get("/away", dependencies=[Depends(needs(stead, Scope.READ))])
    async def listed() -> list[dict[str, Any]]:
        """Who is away, and until when."""
        now = stead.clock.now()
        found = await stead.store.look(away.standing)
        return [{"receiver": name, "until": time(until)} for name, until in sorted(found.items()) if until > now]

    @made.post("/away/{receiver}", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def leave(receiver: str, body: AwayBody, request: Request) -> dict[str, Any]:
        """Tell this receiver nothing until then. Needs the scope `approve`."""
        until = end_of(body.until, body.lasts, stead.clock.now(), named="until")
        if until is None:
            raise UserError("until when they are away is missing; nothing was changed", hint="give `for` or `until`")
        await stead.change(being_away.leave, receiver, until, by=request.state.principal)
        return {"receiver": receiver, "until": time(until)}

    @made.delete("/away/{receiver}", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def back(receiver: str, request: Request) -> dict[str, Any]:
        """They are back: what waited for them is told at once. Needs the scope `approve`."""
        await stead.change(being_away.back, receiver, by=request.state.principal)
        return {"receiver": receiver, "until": None}

    return made
