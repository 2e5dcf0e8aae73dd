"""The audit chain over HTTP. Reading it changes nothing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from stead.app import auditing
from stead.app.wiring import Stead
from stead.gateway.auth import needs
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    made = APIRouter(prefix="/api/audit", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])

    @made.get("")
    async def export(
        after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Only rows with a greater `seq`.")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    ) -> list[dict[str, Any]]:
        """Rows of the chain, oldest first."""
        return await stead.store.look(auditing.exported, after, limit)

    @made.get("/verify")
    async def verify(head: Annotated[str, Query(max_length=200, description="A head seen elsewhere, `812:ab12…`.")] = "") -> dict[str, Any]:
        """Whether the chain is whole, and what is wrong with it."""
        return await stead.store.look(auditing.verify, stead.heads, head)

    @made.get("/rows/{name}")
    async def show(name: str) -> list[dict[str, Any]]:
        """The rows of an action (`41.1.1.1`) or of an incident (`I-41`)."""
        return await stead.store.look(auditing.shown, name)

    return made
