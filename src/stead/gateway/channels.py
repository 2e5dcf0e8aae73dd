"""Channels over HTTP: what there is and what was sent, a test with a person, and the way in for providers that call Stead."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from stead.app import channels_told
from stead.app.chat import trials
from stead.app.wiring import Stead
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.ports import Called
from stead.store.tokens import Scope


class TestBody(BaseModel):
    """How far a test goes."""

    model_config = ConfigDict(extra="forbid")

    round_trip: bool = Field(False, description="Also ask a person to press, to write and to send a file.")


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    return _calls(stead), _channels(stead)


def _calls(stead: Stead) -> APIRouter:
    router = APIRouter(tags=["hooks"])

    @router.post("/hooks/channels/{name}")
    async def called(name: str, request: Request) -> Response:
        """What a chat's provider brings, where it calls instead of being asked. Known by the channel's own secret, not by a token."""
        channel = stead.channels.get(name)
        if not isinstance(channel, Called):
            raise ApiError(404, "no channel of that name is called", "`channels` in the configuration says which are")
        answer = await channel.called(request.headers, await request.body())
        return Response(answer.body, status_code=answer.status, media_type=answer.media_type)

    return router


def _channels(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["channels"])

    @router.get("/channels", dependencies=[Depends(needs(stead, Scope.READ))])
    async def channels() -> list[dict[str, Any]]:
        """Each channel: what it can, whether it listens, how many messages went, wait and were given up."""
        return await stead.store.look(channels_told.channels, stead.channels, stead.reception.desk, stead.reception.listeners)

    @router.get("/channels/log", dependencies=[Depends(needs(stead, Scope.READ))])
    async def log(
        channel: Annotated[str, Query(max_length=64, description="Of this channel alone.")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> list[dict[str, Any]]:
        """What was said, newest first: why, whether it arrived, after how many tries."""
        return await stead.store.look(channels_told.log, channel, limit)

    @router.post("/channels/{name}/test", status_code=202, dependencies=[Depends(needs(stead, Scope.APPROVE))])
    async def test(name: str, body: TestBody) -> dict[str, Any]:
        """Send a real message. Needs the scope `approve`. `/api/channels/tests/…` tells what came of it."""
        nonce, delivery = await stead.change(trials.begin, stead.reception.desk, name, round_trip=body.round_trip)
        return {"test": nonce, "delivery": delivery}

    @router.get("/channels/tests/{nonce}", dependencies=[Depends(needs(stead, Scope.READ))])
    async def tested(nonce: str) -> dict[str, Any]:
        """Whether a test's message arrived, and what people sent back."""
        return await stead.store.look(channels_told.trial, stead.reception.desk, nonce)

    return router
