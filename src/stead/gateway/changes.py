"""What changed, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from stead.app.durations import parse_duration
from stead.app.wiring import Stead
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    made = APIRouter(prefix="/api", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])

    @made.get("/changes")
    async def changes(
        subject: Annotated[str, Query(max_length=400, description="Of what: `payments/api`, `deployment payments/api`, a namespace.")] = "",
        since: Annotated[str, Query(max_length=20, description="How far back, like `2h`.")] = "24h",
        limit: Annotated[int, Query(ge=1, le=2000)] = 200,
    ) -> list[dict[str, Any]]:
        """What changed in what is watched, newest first: the fields, whose hand, the revision. Values of secrets are never in it."""
        try:
            back = parse_duration(since)
            return stead.changes(subject, since=back, most=limit)
        except ValueError as error:
            raise ApiError(400, f"since `{since}` {error}", "write it like 2h") from error
        except OverflowError as error:
            raise ApiError(400, f"since `{since}` is longer ago than there is time", "write it like 2h") from error

    return made
