"""The daily report over HTTP, as it would be sent now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from stead.app.wiring import Stead
from stead.engine import job_reports
from stead.gateway.auth import needs
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["jobs"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/report")
    async def report() -> dict[str, Any]:
        """The page of the last 24 hours: its title, and its sections as text."""
        page = await job_reports.page(stead.journey)
        return {"title": page.title, "sections": [block.text for block in page.blocks]}

    return router
