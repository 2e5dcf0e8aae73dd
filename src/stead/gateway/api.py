"""The HTTP API. Reading never changes anything; an approval is decided by POST, with one of two words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from stead import __version__
from stead.app import runs_told, spending_told
from stead.app.wiring import Stead
from stead.domain.ids import incident_number, parse_number, run_number
from stead.engine import cancelling
from stead.gateway import (
    absence,
    adoption,
    audit,
    changes,
    channels,
    errors,
    estate_brief,
    goals,
    heartbeats,
    hooks,
    jobs,
    knowledge,
    memory,
    outbox,
    policy,
    reasons,
    report,
    sessions,
    silences,
    switch,
)
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.gateway.guard import Guard, remembered
from stead.gateway.metrics import CONTENT_TYPE, Metrics
from stead.gateway.stream import Streams
from stead.store.tokens import Scope

LARGEST_SEQ = 2**53
"""What JSON numbers hold exactly."""


class DecisionBody(BaseModel):
    """A person's answer to one approval."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "deny"]
    reason: str = Field("", max_length=2000, description="Kept with the decision.")
    parameters: dict[str, int | str | bool] = Field(
        default_factory=dict[str, int | str | bool], max_length=20, description="With `approve`: other values for these, as a new action."
    )


class NoteBody(BaseModel):
    """A message on an incident."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S")


def application(stead: Stead, streams: Streams) -> FastAPI:
    """The ASGI application of this `stead`; `streams` hands out event streams until the gateway closes them."""
    metrics = Metrics(stead)
    app = FastAPI(title="Stead", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
    errors.install(app)
    for router in (
        _health(stead, metrics),
        _reading(stead),
        _runs(stead),
        _events(stead, streams),
        _deciding(stead),
        changes.router(stead),
        *silences.routers(stead),
        *adoption.routers(stead),
        reasons.router(stead),
        goals.router(stead),
        *memory.routers(stead),
        *jobs.routers(stead),
        report.router(stead),
        *knowledge.routers(stead),
        *estate_brief.routers(stead),
        switch.router(stead),
        policy.router(stead),
        outbox.router(stead),
        *channels.routers(stead),
        absence.router(stead),
        hooks.router(stead),
        heartbeats.router(stead),
        audit.router(stead),
        *sessions.routers(stead, streams),
        _description(app, stead),
    ):
        # Not `include_router`, which builds each route a second time at the first request: that one would wait for it.
        app.router.routes.extend(remembered(route) for route in router.routes)
    app.add_middleware(Guard, hosts=stead.settings.server.hosts, count=metrics.count)
    return app


def _health(stead: Stead, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers. Needs no token."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> Response:
        """200 when Stead watches, 503 while it starts or stops. Needs no token."""
        return JSONResponse({"ready": stead.ready}, status_code=200 if stead.ready else 503)

    @router.get("/metrics")
    async def prometheus() -> Response:
        """Prometheus' text format. Needs no token."""
        return Response(await metrics.text(), media_type=CONTENT_TYPE)

    return router


def _reading(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/status")
    async def status() -> dict[str, Any]:
        """Colour, estates, what is open, what waits."""
        return await stead.status()

    @router.get("/incidents")
    async def incidents(everything: Annotated[bool, Query(alias="all", description="Closed ones too.")] = False) -> list[dict[str, Any]]:
        """Open incidents, newest first."""
        return await stead.incidents(everything=everything)

    @router.get("/incidents/{number}")
    async def incident(number: str) -> dict[str, Any]:
        """One incident's whole story. `I-41` or `41`."""
        wanted = parse_number(number, "I")
        found = await stead.incident(wanted)
        if found is None:
            raise ApiError(404, f"there is no incident {incident_number(wanted)}", "`stead incidents --all` lists them")
        return found

    @router.get("/approvals")
    async def approvals(everything: Annotated[bool, Query(alias="all", description="Decided ones too.")] = False) -> list[dict[str, Any]]:
        """What waits for a person's yes or no."""
        return await stead.approvals(everything=everything)

    return router


def _runs(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["runs"])

    @router.get("/runs", dependencies=[Depends(needs(stead, Scope.READ))])
    async def runs(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[dict[str, Any]]:
        """Runs of models, newest first: how each ended, what it took."""
        return await stead.agent_runs(limit)

    @router.get("/spending", dependencies=[Depends(needs(stead, Scope.READ))])
    async def spending() -> dict[str, Any]:
        """What models have cost this day and month (of the calendar, in UTC) and each agent's day, with the limits."""
        return await stead.look(spending_told.whole)

    @router.get("/runs/{number}", dependencies=[Depends(needs(stead, Scope.READ))])
    async def run(number: str) -> dict[str, Any]:
        """One run with every call of a model and a tool. `R-9` or `9`."""
        wanted = parse_number(number, "R")
        found = await stead.agent_run(wanted)
        if found is None:
            raise ApiError(404, f"there is no run {run_number(wanted)}", "`stead runs list` lists them")
        return found

    @router.post("/runs/{number}/cancel", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def cancel(number: str, request: Request) -> dict[str, Any]:
        """End a run that is under way, as *cancelled*. Needs the scope `approve`. 409 when it has ended."""
        ended = await stead.change(cancelling.cancel, parse_number(number, "R"), by=request.state.principal)
        return runs_told.row(ended)

    @router.post("/incidents/{number}/investigation", dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def investigation(number: str, request: Request) -> dict[str, Any]:
        """Have a model investigate the incident. Needs the scope `approve`. 409 when that cannot be."""
        return await stead.investigate(parse_number(number, "I"), by=request.state.principal)

    return router


def _deciding(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["deciding"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @router.post("/approvals/{number}/decision")
    async def decision(number: str, body: DecisionBody, request: Request) -> dict[str, Any]:
        """Approve or deny. Needs the scope `approve`. 409 when it is no longer pending. `A-17` or `17`."""
        approve = body.decision == "approve"
        if body.parameters and not approve:
            raise ApiError(400, "a no has no parameters", "leave them out")
        if body.parameters:
            who = request.state.principal
            return await stead.decide_with(parse_number(number, "A"), parameters=body.parameters, by=who, reason=body.reason)
        return await stead.decide(parse_number(number, "A"), approve=approve, by=request.state.principal, reason=body.reason)

    @router.post("/incidents/{number}/notes")
    async def note(number: str, body: NoteBody, request: Request) -> dict[str, Any]:
        """Write a message on an incident. Needs the scope `approve`."""
        return await stead.note(parse_number(number, "I"), by=request.state.principal, text=body.text)

    return router


def _events(stead: Stead, streams: Streams) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["events"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/events", response_model=None)
    async def events(
        request: Request,
        after: Annotated[int, Query(ge=0, le=LARGEST_SEQ, description="Only events with a greater `seq`.")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
        run: Annotated[str, Query(max_length=20, description="Only the steps of this run: `R-9`.")] = "",
        last_event_id: Annotated[str | None, Header(description="Where a stream was left.")] = None,
    ) -> Response:
        """What happened, oldest first: a page of JSON, or with `Accept: text/event-stream` a stream that goes on."""
        of_run = run_number(parse_number(run, "R")) if run else ""
        if "text/event-stream" not in request.headers.get("accept", ""):
            return JSONResponse(await stead.events(after, limit, of_run))
        if streams.full:
            raise ApiError(503, "too many event streams are open", "close one, or read /api/events?after=… in pages")
        start = after if last_event_id is None else _seq(last_event_id)
        return StreamingResponse(streams.events(start, of_run), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return router


def _seq(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:20]) > LARGEST_SEQ:
        raise ApiError(400, "`Last-Event-ID` is not the number of an event", "send the last `id:` of the stream")
    return int(text)


def _description(app: FastAPI, stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", include_in_schema=False, dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/openapi.json")
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    return router
