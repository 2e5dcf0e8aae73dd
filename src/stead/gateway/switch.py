"""The stop switch over HTTP: who reads sees it, who approves throws and lifts it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app.wiring import Stead
from stead.engine import stopping
from stead.gateway.auth import needs
from stead.store.tokens import Scope


class StopBody(BaseModel):
    """Why everything is to stop."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=2000, description="Kept, and told.")


def router(stead: Stead) -> APIRouter:
    made = APIRouter(prefix="/api", tags=["deciding"])

    @made.get("/stop", dependencies=[Depends(needs(stead, Scope.READ))])
    async def standing() -> dict[str, Any]:
        """Whether Stead is stopped, by whom, since when and why."""
        return await stead.store.look(stopping.told)

    @made.post("/stop", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def stop(body: StopBody, request: Request) -> dict[str, Any]:
        """Stop everything at once: nothing is changed from now on, no model is asked. Needs the scope `approve`."""
        return await stead.change(stopping.stop, by=request.state.principal, reason=body.reason)

    @made.post("/resume", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def resume(request: Request) -> dict[str, Any]:
        """Let Stead act again. Needs the scope `approve`. 409 when it is not stopped."""
        return await stead.change(stopping.resume, by=request.state.principal)

    return made
