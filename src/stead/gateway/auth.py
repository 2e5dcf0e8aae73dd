"""Who is asking: a bearer token with the scope that the route needs. Loopback is no exception."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from stead.app.wiring import Stead
from stead.gateway.errors import ApiError
from stead.store import tokens
from stead.store.tokens import Scope

BEARER = HTTPBearer(auto_error=False, description="A token from `stead token add`, with the scope that the route names.")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


def needs(stead: Stead, scope: Scope) -> Callable[[Request, Credentials], Awaitable[None]]:
    """A dependency that lets a caller with `scope` in (`admin` has all); `request.state.principal` is who. ApiError 401 or 403 else."""

    async def caller(request: Request, credentials: Credentials) -> None:
        if credentials is None:
            raise ApiError(401, "a token is needed", "send `Authorization: Bearer …`; `stead token add` makes one")
        now = stead.clock.now()
        token = await stead.store.look(tokens.find, credentials.credentials)
        if token is None:
            raise ApiError(
                401, "this token is not known here", "it was revoked, or belongs to another service; `stead token add` makes one"
            )
        if token.expired(now):
            raise ApiError(401, f"the token `{token.name}` has expired", f"stead token revoke {token.name}, then stead token add")
        if scope not in token.scopes and Scope.ADMIN not in token.scopes:
            raise ApiError(403, f"the token `{token.name}` does not have the scope `{scope}`", "`stead token add` makes one that has it")
        if token.use_is_news(now):
            await stead.store.run(tokens.mark_used, token.name, now)
        request.state.principal = token.principal

    return caller
