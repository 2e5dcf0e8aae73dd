"""Every refusal is JSON with the same two keys: `error`, what happened, and `hint`, the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from stead.domain.errors import Exit, StorageError, UserError

MOST_BODY = 64 * 1024
"""Bytes. The largest request of this API is a note of some thousand letters."""

MOST_HOOK_BODY = 2 * 1024 * 1024
"""Bytes of what another system sends at once: a group of some thousand alerts."""

STATUS = {Exit.NEGATIVE: 404, Exit.USAGE: 400, Exit.BLIND: 503, Exit.UNREACHABLE: 503, Exit.REFUSED: 409}
"""The HTTP status of a UserError, by its exit code."""


class ApiError(Exception):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, error: str, hint: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.hint, self.headers = status, error, hint, headers


def refusal(status: int, error: str, hint: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    headers = headers or ({"WWW-Authenticate": "Bearer"} if status == 401 else None)
    return JSONResponse({"error": error, "hint": hint}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Give `app` the handlers that make every error such JSON."""

    async def api_error(_request: Request, error: ApiError) -> JSONResponse:
        return refusal(error.status, error.error, error.hint, error.headers)

    async def user_error(_request: Request, error: UserError) -> JSONResponse:
        status = 503 if isinstance(error, StorageError) else STATUS.get(error.code, 400)
        return refusal(status, error.what, error.hint)

    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return refusal(400, *_wrong(error.errors()[0]))

    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return refusal(404, f"there is nothing at {request.url.path}", "/api/openapi.json lists what there is")
        if error.status_code == 405:
            return refusal(405, f"{request.url.path} does not answer to {request.method}", "/api/openapi.json lists what there is")
        if error.status_code == 413:
            return refusal(413, f"the request is larger than {error.detail} bytes")
        return refusal(error.status_code, str(error.detail))

    async def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        return refusal(500, "something unexpected went wrong; nothing is known about the outcome", "the service's log has the details")

    handlers: Any = {
        ApiError: api_error,
        UserError: user_error,
        RequestValidationError: invalid,
        HTTPException: http_error,
        Exception: unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _wrong(first: Any) -> tuple[str, str]:
    """(error, hint) for pydantic's first complaint."""
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
    if first["type"] in ("json_invalid", "model_attributes_type"):
        return "the body is not a JSON object", "send one, with `Content-Type: application/json`"
    return f"`{where or 'the body'}` is wrong: {str(first['msg']).lower()}", "/api/openapi.json describes every request"
