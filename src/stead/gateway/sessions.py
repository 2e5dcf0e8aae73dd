"""Conversations over HTTP: a question gets its whole answer, at once or by asking again for it.

Promise: a question that is sent again under its `Idempotency-Key` is the same question: it is asked, and paid for, once.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from stead.app import talks_told
from stead.app.wiring import Stead
from stead.domain import ids
from stead.domain.people import Principal, Role
from stead.engine import talking
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.gateway.stream import Streams
from stead.store import events, talks
from stead.store.tokens import Scope

LONGEST_WAIT = 60
"""Seconds that one request may wait for an answer: less than what proxies cut off."""

Wait = Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the answer before 202.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


class SessionBody(BaseModel):
    """What a conversation is about, and with whom."""

    model_config = ConfigDict(extra="forbid")

    incident: str | None = Field(None, max_length=20, description="`I-41` or `41`, where it is about one.")
    estate: str = Field("", max_length=200, description="Where to look. Default: the incident's, else the first.")
    agent: str = Field(ids.INVESTIGATOR, max_length=100, description="Who answers.")


class MessageBody(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S")
    attached: str = Field(
        "", max_length=40_000, description="Output of a program that the question is about. It is evidence, never an order."
    )


def routers(stead: Stead, streams: Streams) -> tuple[APIRouter, APIRouter]:
    return _reading(stead, streams), _talking(stead, streams)


def _reading(stead: Stead, streams: Streams) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["sessions"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/sessions")
    async def sessions(
        request: Request,
        search: Annotated[str, Query(max_length=200, description="Words that must all stand in it.")] = "",
        limit: Limit = 100,
    ) -> list[dict[str, Any]]:
        """Your conversations, used last first; an admin sees everybody's."""
        return await stead.store.look(talks_told.rows, _whose(request.state.principal), search.split(), limit)

    @router.get("/sessions/{session}")
    async def session(session: str, request: Request) -> dict[str, Any]:
        """One conversation with its questions and answers."""
        await _mine(stead, session, request)
        found = await stead.store.look(talks_told.whole, session)
        if found is None:
            raise _none(session)
        return found

    @router.get("/sessions/{session}/messages/{number}")
    async def message(session: str, number: int, request: Request, wait: Wait = 0) -> Response:
        """One question with its answer. 202 while it is being found; `wait` waits for it."""
        await _mine(stead, session, request)
        return await _answered(stead, streams, session, number, wait)

    return router


def _talking(stead: Stead, streams: Streams) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["sessions"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @router.post("/sessions", status_code=201)
    async def begin(body: SessionBody, request: Request) -> dict[str, Any]:
        """Begin a conversation. Needs the scope `approve`. It ends after 30 minutes without a question, and is kept for 90 days."""
        about = None if body.incident is None else ids.parse_number(body.incident, "I")
        by: Principal = request.state.principal
        made = await stead.change(talking.begin_session, by=by, agent=body.agent, estate=body.estate, incident=about)
        return talks_told.session(made)

    @router.post("/sessions/{session}/messages")
    async def ask(
        session: str,
        body: MessageBody,
        request: Request,
        wait: Wait = 30,
        idempotency_key: Annotated[str | None, Header(max_length=200, description="Sent again, it is the same question.")] = None,
    ) -> Response:
        """Ask. Needs the scope `approve`. The whole answer, or 202 with where to go on waiting (`Location`) when it takes longer."""
        await _mine(stead, session, request)
        by: Principal = request.state.principal
        turn = await stead.change(talking.ask, session, by=by, question=body.text, attached=body.attached, key=idempotency_key)
        return await _answered(stead, streams, session, turn.id, wait)

    @router.delete("/sessions/{session}")
    async def delete(session: str, request: Request) -> dict[str, Any]:
        """Forget a conversation now, with what its runs saw. Needs the scope `approve`."""
        await _mine(stead, session, request)
        await stead.change(talking.delete, session)
        return {"id": session, "deleted": True}

    return router


async def _answered(stead: Stead, streams: Streams, session: str, number: int, wait: int) -> Response:
    """200 with the answer, or after `wait` seconds, or when the service stops, 202 without."""
    until = asyncio.get_running_loop().time() + wait
    while True:
        seen = await stead.store.look(events.latest)
        found = await stead.store.look(talks_told.message, session, number)
        if found is None:
            raise ApiError(404, f"there is no question {number} in the session {session}", f"GET /api/sessions/{session} tells them")
        left = until - asyncio.get_running_loop().time()
        if found["state"] == "answered":
            return JSONResponse(found)
        if left <= 0 or streams.closing.is_set():
            where = f"/api/sessions/{session}/messages/{number}"
            return JSONResponse(found, status_code=202, headers={"Location": where, "Retry-After": "1"})
        await _news(stead, streams, seen, left)


async def _news(stead: Stead, streams: Streams, seen: int, seconds: float) -> None:
    """Wait for something to happen, for the service's end, or for so long."""
    waits = (asyncio.ensure_future(stead.wait_for_events(seen)), asyncio.ensure_future(streams.closing.wait()))
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiting in waits:
            waiting.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def _whose(by: Principal) -> str | None:
    return None if by.may(Role.ADMIN) else str(by)


async def _mine(stead: Stead, session: str, request: Request) -> None:
    """ApiError 404 for a session that there is not, or that is somebody else's: the two cannot be told apart."""
    found = await stead.store.look(talks.find, session)
    whose = _whose(request.state.principal)
    if found is None or whose not in (None, found.principal):
        raise _none(session)


def _none(session: str) -> ApiError:
    shown = "".join(c for c in session[:40] if c.isprintable())
    return ApiError(404, f"there is no session `{shown}`", "`stead sessions list` lists yours")
