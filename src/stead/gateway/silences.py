"""Silences over HTTP: who reads sees them, who approves makes and ends them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app import silences
from stead.app.wiring import Stead
from stead.domain.ids import parse_number
from stead.engine import silencing
from stead.gateway.auth import needs
from stead.gateway.moments import end_of, moment
from stead.store.tokens import Scope


class SilenceBody(BaseModel):
    """What to hear nothing of, and for how long: `for`, or `ends_at`; neither means until it is expired."""

    model_config = ConfigDict(extra="forbid")

    matchers: list[str] = Field(min_length=1, max_length=50, description='Alertmanager\'s: `namespace="dev"`, `kind=~"Pod|Job"`.')
    comment: str = Field("", max_length=2000, description="Why, for people.")
    starts_at: str | None = Field(None, max_length=40, description="RFC 3339. Default: now.")
    ends_at: str | None = Field(None, max_length=40, description="RFC 3339.")
    lasts: str | None = Field(None, alias="for", max_length=20, description="How long from its start, like `2h`.")


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    return _reading(stead), _silencing(stead)


def _reading(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/silences")
    async def listed(everything: Annotated[bool, Query(alias="all", description="Expired ones too.")] = False) -> list[dict[str, Any]]:
        """Silences that hold or will, newest first."""
        return await stead.store.look(silences.silence_list, stead.clock.now(), everything)

    return router


def _silencing(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["deciding"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @router.post("/silences")
    async def add(body: SilenceBody, request: Request) -> dict[str, Any]:
        """Hear nothing of what matches. Needs the scope `approve`. The answer is the silence, with its number."""
        starts_at = None if body.starts_at is None else moment(body.starts_at)
        made = await stead.change(
            silencing.silence,
            matchers=silences.wanted(body.matchers),
            by=request.state.principal,
            comment=body.comment.strip(),
            starts_at=starts_at,
            ends_at=end_of(body.ends_at, body.lasts, starts_at or stead.clock.now(), named="ends_at"),
        )
        return silences.silence(made, stead.clock.now())

    @router.post("/silences/{number}/expire")
    async def expire(number: str, request: Request) -> dict[str, Any]:
        """End a silence now: what it held back is told, if it is still open. Needs the scope `approve`. `S-3` or `3`."""
        ended = await stead.change(silencing.expire, parse_number(number, "S"), by=request.state.principal)
        return silences.silence(ended, stead.clock.now())

    return router
