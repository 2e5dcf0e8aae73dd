"""Goals over HTTP: which there are, and having one pursued."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app.wiring import Stead
from stead.domain import ids
from stead.domain.goal import INCIDENT
from stead.domain.ids import parse_number
from stead.engine import asking_for
from stead.gateway.auth import needs
from stead.store.tokens import Scope


class GoalBody(BaseModel):
    """What is wanted: a goal, of an incident or of an estate."""

    model_config = ConfigDict(extra="forbid")

    goal: Annotated[str, Field(max_length=64)] = INCIDENT
    agent: Annotated[str, Field(max_length=64, description="Instead of the goal's own.")] = ""
    incident: Annotated[str | None, Field(max_length=20, description="`I-41`.")] = None
    estate: Annotated[str, Field(max_length=64, description="Default: the incident's, or the first.")] = ""
    question: Annotated[str, Field(max_length=2000, description="What exactly is to be found out.")] = ""


def router(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["runs"])

    @router.get("/goals", dependencies=[Depends(needs(stead, Scope.READ))])
    async def goals() -> list[dict[str, Any]]:
        """Every goal: its name, who serves it, what it is about."""
        found = stead.goals().values()
        return [{"name": g.name, "agent": g.agent, "about": g.about.value, "description": g.description} for g in found]

    @router.post("/runs", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def run(body: GoalBody, request: Request) -> dict[str, Any]:
        """Have an agent pursue a goal. Needs the scope `approve`. The answer is the run's number. 409 when that cannot be."""
        incident = None if body.incident is None else parse_number(body.incident, "I")
        number = await stead.change(
            asking_for.ask_for,
            by=request.state.principal,
            goal=body.goal,
            agent=body.agent,
            incident=incident,
            estate=body.estate,
            question=body.question,
        )
        return {"run": ids.run_number(number), "number": number}

    return router
