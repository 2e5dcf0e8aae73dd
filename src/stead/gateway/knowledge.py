"""Knowledge over HTTP: who reads sees and searches it, who approves reviews what Stead wrote."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from stead.app import knowledge_told
from stead.app.wiring import Stead
from stead.domain.ids import knowledge_number, parse_number
from stead.engine import knowing
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.store.tokens import Scope


class ReviewBody(BaseModel):
    """Whether it may be used."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    return _reading(stead), _writing(stead)


def _reading(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["knowledge"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/knowledge")
    async def listed() -> list[dict[str, Any]]:
        """Every entry without its text, those that wait for a person first."""
        return await stead.store.look(knowledge_told.rows, stead.clock.now())

    @router.get("/knowledge/sources")
    async def sources() -> list[dict[str, Any]]:
        """Where it comes from, how fresh that is, and the files that cannot be used."""
        return await stead.store.look(knowledge_told.sources, stead.library)

    @router.get("/knowledge/search")
    async def search(
        words: Annotated[str, Query(min_length=1, max_length=500)], limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> list[dict[str, Any]]:
        """What holds one of the words, in any state, best first, with the lines that hold them."""
        return await stead.store.look(knowledge_told.hits, words, limit, stead.clock.now())

    @router.get("/knowledge/{number}")
    async def shown(number: str) -> dict[str, Any]:
        """One entry with its text, and as a file. `K-3` or `3`."""
        wanted = parse_number(number, "K")
        found = await stead.store.look(knowledge_told.whole, wanted, stead.clock.now())
        if found is None:
            raise ApiError(404, f"there is no entry {knowledge_number(wanted)}", "`stead knowledge list` lists them")
        return found

    return router


def _writing(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["knowledge"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @router.post("/knowledge/refresh")
    async def refresh() -> list[dict[str, Any]]:
        """Look at every source now. Needs the scope `approve`. The answer is how they are then."""
        await stead.library.refresh(now=True)
        return await stead.store.look(knowledge_told.sources, stead.library)

    @router.post("/knowledge/{number}/decision")
    async def decide(number: str, body: ReviewBody, request: Request) -> dict[str, Any]:
        """Approve or reject it. Needs the scope `approve`."""
        approve = body.decision == "approve"
        made = await stead.change(knowing.decide, parse_number(number, "K"), by=request.state.principal, approve=approve)
        return knowledge_told.row(made, stead.clock.now())

    @router.delete("/knowledge/{number}")
    async def forget(number: str) -> dict[str, Any]:
        """Delete what Stead wrote for good. Needs the scope `approve`."""
        return knowledge_told.row(await stead.change(knowing.forget, parse_number(number, "K")), stead.clock.now())

    return router
