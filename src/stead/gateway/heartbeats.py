"""Where what should report again and again does so: one plain request, by any method, since that is all that a cron job or a router has.

That GET changes something here is meant: it says *I am alive*, decides nothing, and needs the heartbeat's own token.
"""

from __future__ import annotations

import hmac
import math
from typing import Any

from fastapi import APIRouter, Depends, Request

from stead.app.heartbeats import heartbeat_list
from stead.app.wiring import Stead
from stead.domain.heartbeat import Signal
from stead.engine import heartbeats
from stead.gateway.auth import needs
from stead.gateway.errors import ApiError
from stead.gateway.pace import Pace
from stead.store.tokens import Scope

PER_MINUTE = 60
"""Of one sender: a machine with sixty jobs may have them end in the same minute."""
MOST_CODE = 255
"""The largest exit code (wait(2))."""
_KEPT = 16_384
"""Bytes of the end of a body that are looked at."""


def router(stead: Stead) -> APIRouter:
    made = APIRouter(tags=["hooks"])
    pace = Pace(PER_MINUTE)

    async def heard(name: str, signal: str, request: Request) -> dict[str, Any]:
        _pace(pace, request, stead)
        _known(stead, name, request)
        meant, code = _signal(signal)
        said = (await request.body())[-_KEPT:].decode(errors="replace")
        pulse = await stead.change(heartbeats.ping, name=name, signal=meant, code=code, said=said)
        return {"heartbeat": name, "state": pulse.state.value}

    @made.post("/heartbeats/{name}")
    async def alive(name: str, request: Request) -> dict[str, Any]:
        """It has done its work. GET and HEAD say the same. Known by the heartbeat's own token: `Authorization: Bearer …`, or `?token=…`."""
        return await heard(name, "success", request)

    @made.post("/heartbeats/{name}/{signal}")
    async def signalled(name: str, signal: str, request: Request) -> dict[str, Any]:
        """`start`, `fail`, `log`, or the exit code of a program: 0 is well, all else is not. The end of the body is kept."""
        return await heard(name, signal, request)

    made.add_api_route("/heartbeats/{name}", alive, methods=["GET", "HEAD"], include_in_schema=False)
    made.add_api_route("/heartbeats/{name}/{signal}", signalled, methods=["GET", "HEAD"], include_in_schema=False)

    @made.get("/api/heartbeats", dependencies=[Depends(needs(stead, Scope.READ))], tags=["reading"])
    async def listed() -> list[dict[str, Any]]:
        """What should report again and again, when it last did, and when it is expected."""
        return await stead.look(heartbeat_list)

    return made


def _pace(pace: Pace, request: Request, stead: Stead) -> None:
    wait = pace.wait(request.client.host if request.client else "", stead.clock.now())
    if wait:
        raise ApiError(
            429, "more reports came from here than anything needs", "report less often", headers={"Retry-After": str(math.ceil(wait))}
        )


def _known(stead: Stead, name: str, request: Request) -> None:
    """ApiError 401 for a stranger, who is not told which heartbeats there are."""
    secret = stead.heartbeat_tokens.get(name)
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    token = sent.strip() if scheme.lower() == "bearer" else request.query_params.get("token", "")
    wanted = secret.resolve() if secret is not None else ""
    # As bytes: text that is not ASCII would raise. An empty one fits nothing.
    if not hmac.compare_digest(token.encode(errors="replace"), wanted.encode()) or not wanted:
        raise ApiError(401, f"there is no heartbeat `{name[:60]}` with this token", "send `Authorization: Bearer …`, or ?token=…")


def _signal(text: str) -> tuple[Signal, int | None]:
    if text in set(Signal):
        return Signal(text), None
    if text.isascii() and text.isdecimal() and int(text[:4]) <= MOST_CODE:
        return (Signal.FAIL if int(text) else Signal.SUCCESS), int(text)
    raise ApiError(404, f"a heartbeat has no signal `{text[:40]}`", "/start, /fail, /log, or an exit code like /1")
