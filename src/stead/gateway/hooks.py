"""The ways in for other systems: known sender, bounded body, and 202 only once what it says is stored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from stead.app.history import note_push
from stead.app.hooks import Hook
from stead.app.wiring import Stead
from stead.domain.alert import Alert
from stead.domain.errors import MalformedError
from stead.domain.heartbeat import Beat, Signal
from stead.domain.push import Push, cleaned
from stead.engine import heartbeats
from stead.engine.hearing import Message
from stead.gateway.errors import ApiError
from stead.gateway.hook_auth import check_sender, check_signature
from stead.gateway.pace import Pace

MOST_ALERTS = 5000
"""In one request: more are no group that anybody means to send, and would keep all others waiting."""


def router(stead: Stead) -> APIRouter:
    made = APIRouter(tags=["hooks"])
    hooks = {(hook.kind.kind, hook.name): hook for hook in stead.hooks}
    paces = {key: Pace(hook.settings.per_minute) for key, hook in hooks.items()}

    async def heard(kind: str, name: str, request: Request) -> dict[str, Any]:
        hook = hooks.get((kind, name))
        if hook is None:
            raise ApiError(404, f"there is no hook {request.url.path}", "`hooks` in the configuration names those that there are")
        _pace(paces[kind, name], request, stead)
        check_sender(hook, request.headers)
        body = await request.body()
        check_signature(hook, request.headers, body, stead.clock.now())
        said = _read(hook, body, request)
        until = stead.clock.now() + hook.settings.forget_after
        for beat in (one for one in said if isinstance(one, Beat)):
            await stead.change(heartbeats.ping, name=beat.name, signal=Signal.SUCCESS)
        for push in (one for one in said if isinstance(one, Push)):
            _note(stead, push, hook.settings.estate)
        await stead.ear.hear([_message(hook, one, until) for one in said if isinstance(one, Alert)])
        return {"heard": len(said)}

    @made.post("/hooks/{kind}", status_code=202)
    async def by_kind(kind: str, request: Request) -> dict[str, Any]:
        """What another system says, by the hook that has its kind's name. Known by the hook's own secret, not by a token."""
        return await heard(kind, kind, request)

    @made.post("/hooks/{kind}/{name}", status_code=202)
    async def by_name(kind: str, name: str, request: Request) -> dict[str, Any]:
        """What another system says, by a hook with a name of its own. 202 once all of it is stored, and then it need not be sent again."""
        return await heard(kind, name, request)

    return made


def _note(stead: Stead, push: Push, estate: str) -> None:
    """Keep the push in the history, and have what is read from there read anew. UserError while Stead is not running."""
    told = cleaned(push, stead.journey.redact)
    stead.library.pushed(push)
    for toolset in stead.toolsets:
        if toolset.pushed is not None:
            toolset.pushed(push)
    if stead.history is not None:  # it is open for as long as that runs
        note_push(stead.history, stead.estates.values(), told, estate, stead.clock.now())


def _pace(pace: Pace, request: Request, stead: Stead) -> None:
    sender = request.client.host if request.client else ""
    wait = pace.wait(sender, stead.clock.now())
    if wait:
        # Not 429: Alertmanager tries again after a 5xx alone (notify/webhook), and would drop what it has.
        after = {"Retry-After": str(math.ceil(wait))}
        raise ApiError(503, "more came from here than the hook takes in a minute", "send again later, or raise `per_minute`", headers=after)


def _read(hook: Hook, body: bytes, request: Request) -> Sequence[Alert | Beat | Push]:
    try:
        alerts = hook.read(body, request.headers)
    except MalformedError as error:
        raise ApiError(400, f"this is nothing that {hook.kind.kind} sends: {error}", "is the right system sending here?") from error
    if len(alerts) > MOST_ALERTS:
        raise ApiError(413, f"there are more than {MOST_ALERTS} alerts in it", "send them in smaller groups (`max_alerts`)")
    return alerts


def _message(hook: Hook, alert: Alert, until: datetime) -> Message:
    return Message(hook=hook.name, alert=replace(alert, until=alert.until or until), estate=hook.settings.estate)
