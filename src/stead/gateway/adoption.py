"""Adoption over HTTP: what was broken when Stead came, and a person's choice for each."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app import silences
from stead.app.wiring import Stead
from stead.domain.ids import parse_number
from stead.engine import adoption
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.gateway.moments import end_of
from stead.store.tokens import Scope


class AdoptionBody(BaseModel):
    """A choice for some incidents: `fix` treats them as new, `known` hears nothing of them until an end, `ignore` for good."""

    model_config = ConfigDict(extra="forbid")

    incidents: list[str] = Field(default=[], max_length=10_000, description="Their numbers.")
    everything: bool = Field(False, alias="all", description="All that wait for a choice, instead of a list.")
    choice: Literal["fix", "known", "ignore"]
    until: str | None = Field(None, max_length=40, description="RFC 3339, for `known`.")
    lasts: str | None = Field(None, alias="for", max_length=20, description="Instead of `until`: how long from now, like `30d`.")
    reason: str = Field("", max_length=2000, description="Kept with the choice; `ignore` needs one.")


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    reading = APIRouter(prefix="/api", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])
    deciding = APIRouter(prefix="/api", tags=["deciding"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @reading.get("/adoption")
    async def waiting() -> list[dict[str, Any]]:
        """Incidents that were open when Stead came and wait for a choice, worst first."""
        return await stead.look(silences.adoption_list)

    @deciding.post("/adoption")
    async def choose(body: AdoptionBody, request: Request) -> list[dict[str, Any]]:
        """Choose for open incidents. Needs the scope `approve`. The answer is those incidents; all of them are changed, or none."""
        if body.everything is bool(body.incidents):
            raise ApiError(400, "a choice is for `incidents` or for `all`", "name them, or send `all: true`")
        ends_at = end_of(body.until, body.lasts, stead.clock.now(), named="until")
        if (body.choice == "known") is (ends_at is None):
            raise ApiError(400, "`known` has an end (`for` or `until`), and the other choices have none")
        numbers = [parse_number(text, "I") for text in body.incidents]
        if body.everything:
            numbers = [row["number"] for row in await waiting()]
        by = request.state.principal
        if body.choice == "fix":
            chosen = await stead.change(adoption.treat_as_new, numbers, by=by)
        else:
            chosen = await stead.change(adoption.accept, numbers, until=ends_at, reason=body.reason.strip(), by=by)
        return await stead.store.look(silences.incident_rows, chosen)

    return reading, deciding
