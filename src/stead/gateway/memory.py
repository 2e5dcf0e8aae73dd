"""Memory over HTTP: who reads sees it, who approves writes and decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app import memory_told
from stead.app.wiring import Stead
from stead.domain.ids import memory_number, parse_number
from stead.domain.memory import MemoryKind
from stead.engine import remembering
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.store.tokens import Scope

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class MemoryBody(BaseModel):
    """One fact, of the estate or of a user."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    kind: MemoryKind = MemoryKind.ESTATE
    days: Annotated[int | None, Field(ge=1, le=3650, description="How long it holds. Default: until it is forgotten.")] = None


class ImportBody(BaseModel):
    """A MEMORY.md or USER.md."""

    model_config = ConfigDict(extra="forbid")

    markdown: Annotated[str, Field(max_length=200_000)]
    kind: MemoryKind = MemoryKind.ESTATE


class EditBody(BaseModel):
    """Another text."""

    model_config = ConfigDict(extra="forbid")

    text: Text


class DecisionBody(BaseModel):
    """Whether it may be told to models."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    return _reading(stead), _writing(stead)


def _reading(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["memory"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/memory")
    async def listed() -> list[dict[str, Any]]:
        """Every entry, oldest first, with where it comes from."""
        return await stead.store.look(memory_told.rows, stead.clock.now())

    @router.get("/memory/export")
    async def export(kind: Annotated[MemoryKind, Query(description="Which file.")] = MemoryKind.ESTATE) -> dict[str, str]:
        """What holds, as MEMORY.md or USER.md."""
        return {"markdown": await stead.store.look(memory_told.markdown, kind, stead.clock.now())}

    @router.get("/memory/search")
    async def search(
        words: Annotated[str, Query(min_length=1, max_length=500)], limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> list[dict[str, Any]]:
        """What holds one of the words, in any state, best first."""
        return await stead.store.look(memory_told.hits, words, limit, stead.clock.now())

    @router.get("/memory/{number}")
    async def shown(number: str) -> dict[str, Any]:
        """One entry. `M-3` or `3`."""
        wanted = parse_number(number, "M")
        found = await stead.store.look(memory_told.one, wanted, stead.clock.now())
        if found is None:
            raise ApiError(404, f"there is no entry {memory_number(wanted)}", "`stead memory list` lists them")
        return found

    return router


def _writing(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["memory"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @router.post("/memory")
    async def add(body: MemoryBody, request: Request) -> dict[str, Any]:
        """Write an entry. Needs the scope `approve`."""
        lasts = None if body.days is None else timedelta(days=body.days)
        made = await stead.change(remembering.add, by=request.state.principal, text=body.text, kind=body.kind, lasts=lasts)
        return memory_told.row(made, stead.clock.now())

    @router.post("/memory/import")
    async def bring_in(body: ImportBody, request: Request) -> list[dict[str, Any]]:
        """Write the entries of a file that are not there yet. Needs the scope `approve`. The answer is those."""
        made = await stead.change(remembering.bring_in, by=request.state.principal, markdown=body.markdown, kind=body.kind)
        return [memory_told.row(entry, stead.clock.now()) for entry in made]

    @router.post("/memory/{number}/edit")
    async def edit(number: str, body: EditBody, request: Request) -> dict[str, Any]:
        """Write it anew, which approves it. Needs the scope `approve`."""
        made = await stead.change(remembering.edit, parse_number(number, "M"), by=request.state.principal, text=body.text)
        return memory_told.row(made, stead.clock.now())

    @router.post("/memory/{number}/decision")
    async def decide(number: str, body: DecisionBody, request: Request) -> dict[str, Any]:
        """Approve or reject it. Needs the scope `approve`."""
        approve = body.decision == "approve"
        made = await stead.change(remembering.decide, parse_number(number, "M"), by=request.state.principal, approve=approve)
        return memory_told.row(made, stead.clock.now())

    @router.delete("/memory/{number}")
    async def forget(number: str) -> dict[str, Any]:
        """Delete it for good. Needs the scope `approve`."""
        return memory_told.row(await stead.change(remembering.forget, parse_number(number, "M")), stead.clock.now())

    return router
