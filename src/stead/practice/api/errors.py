"""Refusals as the API server words them: one `Status` object each.

Source: `k8s.io/apimachinery/pkg/api/errors`; the sentences are checked against recorded answers in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stead.practice.api.resources import Resource
from stead.practice.objects import Obj


class ApiError(Exception):
    """A refusal. `details` of None means that the Status has none at all, as in 401."""

    def __init__(
        self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}

    def status(self) -> Obj:
        body: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message}
        if self.code == 504:
            del body["kind"], body["apiVersion"]  # a real server's timeout filter writes the bare object
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = dict(self.details)
        return {**body, "code": self.code}


class PageNotFoundError(Exception):
    """A path that no handler knows: plain text, not a Status."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong. `reason` is FieldValueInvalid, FieldValueRequired and the like."""

    reason: str
    message: str
    field: str


def _about(resource: Resource, name: str = "") -> dict[str, Any]:
    about: dict[str, Any] = {"name": name} if name else {}
    if resource.group:
        about["group"] = resource.group
    return {**about, "kind": resource.plural}


def not_found(resource: Resource, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{resource.full_name} "{name}" not found', _about(resource, name))


def unknown_resource() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: Resource, name: str) -> ApiError:
    return ApiError(409, "AlreadyExists", f'{resource.full_name} "{name}" already exists', _about(resource, name))


def modified(resource: Resource, name: str) -> ApiError:
    message = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(resource, name, message)


def conflict(resource: Resource, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource.full_name} "{name}": {why}'
    return ApiError(409, "Conflict", message, _about(resource, name))


def precondition(resource: Resource, name: str, why: str) -> ApiError:
    """A failed precondition of a delete names the Kind instead of the resource."""
    message = f'Operation cannot be fulfilled on {resource.kind} "{name}": {why}'
    return ApiError(409, "Conflict", message, {"name": name, "kind": resource.kind})


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(resource: Resource, name: str, why: str, causes: Sequence[Obj] = ()) -> ApiError:
    subject = f'{resource.full_name} "{name}"' if name else resource.full_name
    details = _about(resource, name)
    if causes:
        details["causes"] = list(causes)
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", details)


def method_not_allowed() -> ApiError:
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def not_acceptable(offered: Sequence[str]) -> ApiError:
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(offered)}"
    return ApiError(406, "NotAcceptable", message, {})


def unsupported_media_type() -> ApiError:
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def gone(message: str = "The resourceVersion for the provided list is too old.") -> ApiError:
    return ApiError(410, "Expired", message)


def too_old(asked: int, oldest: int) -> ApiError:
    return ApiError(410, "Expired", f"too old resource version: {asked} ({oldest})")


def timeout() -> ApiError:
    return ApiError(504, "Timeout", "Timeout: request did not complete within the allotted timeout", {})


def not_implemented(what: str) -> ApiError:
    return ApiError(501, "NotImplemented", f"the practice cluster does not implement {what}", {})


def unprocessable() -> ApiError:
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> ApiError:
    """422 with every wrong field; several are joined in brackets."""
    sentences = [f"{cause.field}: {cause.message}" for cause in causes]
    said = sentences[0] if len(sentences) == 1 else f"[{', '.join(sentences)}]"
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    details: dict[str, Any] = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.kind
    details["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {said}', details)
