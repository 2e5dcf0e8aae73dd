"""The estate's brief over HTTP: who reads sees it, who approves corrects it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app import brief_made, brief_told
from stead.app.wiring import Stead
from stead.domain.brief import MOST_TEXT
from stead.engine import briefing, noting
from stead.gateway.auth import needs
from stead.store import briefs
from stead.store.tokens import Scope

Named = Annotated[str, Query(max_length=100, description="The estate's id. Default: the first one.")]


class BriefBody(BaseModel):
    """The whole brief anew, in Markdown with `## ` sections; nothing takes all corrections back."""

    model_config = ConfigDict(extra="forbid")

    markdown: Annotated[str, Field(max_length=MOST_TEXT)]


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    reading = APIRouter(prefix="/api", tags=["estate"], dependencies=[Depends(needs(stead, Scope.READ))])
    writing = APIRouter(prefix="/api", tags=["estate"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    async def found(named: str) -> str:
        estate = named or next(iter(stead.estates), "")
        await stead.look(lambda _, journey: briefing.known(journey, estate))
        return estate

    async def told(name: str) -> dict[str, Any]:
        notes = await stead.store.look(noting.of_owner, stead.clock.now())
        return brief_told.whole(await stead.store.look(briefs.get, name), notes)

    @reading.get("/estate/brief")
    async def shown(estate: Named = "") -> dict[str, Any]:
        """What every run about the estate is told of it, as it is made now."""
        name = await found(estate)
        await brief_made.refresh(stead.store, name, stead.estates[name], stead.estates, stead.clock)
        return await told(name)

    @writing.put("/estate/brief")
    async def correct(body: BriefBody, request: Request, estate: Named = "") -> dict[str, Any]:
        """Correct it: what differs from the generated one is kept from now on. Needs the scope `approve`."""
        by, name = request.state.principal, await found(estate)
        await stead.change(briefing.correct, estate=name, markdown=body.markdown, by=by)
        return await told(name)

    return reading, writing
