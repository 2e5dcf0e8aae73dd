"""The daily report over HTTP, as it would be sent now."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from stead.app.wiring import Stead
from stead.engine import daily, job_reports
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["jobs"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/report")
    async def report(
        day: Annotated[date | None, Query(description="`2026-11-25`, in UTC. Default: the last 24 hours.")] = None,
    ) -> dict[str, Any]:
        """The page of the last 24 hours, or of a day that is over: its title, and its sections as text."""
        until = None if day is None else datetime.combine(day, time(), UTC) + daily.DAY
        if until is not None and until > stead.clock.now():
            raise ApiError(400, f"{day} is not over", "leave the day out for the last 24 hours")
        page = await job_reports.page(stead.journey, until)
        return {"title": page.title, "sections": [block.text for block in page.blocks]}

    return router
