"""The write identity of a cluster: patch, create and delete, each fenced and each carrying its action's id."""

from __future__ import annotations

from typing import cast

import msgspec

from stead.domain.errors import BlindError, ConflictError, PermanentError, SteadError, TemporaryError, UserError
from stead.domain.subject import Subject
from stead.estate.hands import Refusing
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.errors import AbsentError, ApiUnavailableError, ExpiredError, RefusedError
from stead.estate.kubernetes.resources import Resource
from stead.ports import Object

_BUILT_IN = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)
"""Groups whose types the API server knows itself. Custom resources have no strategic merge: the server answers 415."""


class KubernetesHands(Refusing):
    def __init__(self, estate: str, client: ApiClient) -> None:
        super().__init__(estate)
        self._client = client
        self._discovery = Discovery(client)

    async def patch(self, subject: Subject, body: Object, *, action: str, rehearse: bool = False) -> Object:
        """Merge `body` into the object; what it became. Errors as ports.Hands says."""
        kind = "strategic-merge-patch" if subject.group in _BUILT_IN else "merge-patch"
        try:
            resource = await self._resource(subject)
            answer = await self._client.patch(
                resource.path(subject.namespace, subject.name),
                body,
                content_type=f"application/{kind}+json",
                what=f"patch {subject}",
                action=action,
                rehearse=rehearse,
            )
            return cast(Object, msgspec.json.decode(answer, type=dict[str, object]))
        except (SteadError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _as_promised(error, subject) from error

    async def create(self, subject: Subject, body: Object, *, action: str, part: str = "") -> Object:
        """Post the object, or to its subresource `part`; the answer. Errors as ports.Hands says."""
        try:
            resource = await self._resource(subject)
            path = resource.path(subject.namespace, subject.name) + f"/{part}" if part else resource.path(subject.namespace)
            answer = await self._client.post(path, body, what=f"create {part or subject.kind} {subject.path}", action=action)
            return cast(Object, msgspec.json.decode(answer, type=dict[str, object]))
        except (SteadError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _as_promised(error, subject) from error

    async def delete(self, subject: Subject, *, uid: str, grace_seconds: int | None, action: str) -> None:
        """Delete the object if its uid is still this one. Errors as ports.Hands says."""
        # A Job's pods would outlive it otherwise: batch/v1 orphans them unless it is told not to.
        options: dict[str, object] = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            resource = await self._resource(subject)
            path = resource.path(subject.namespace, subject.name)
            await self._client.delete(path, options, what=f"delete {subject}", action=action)
        except SteadError as error:
            raise _as_promised(error, subject) from error

    async def _resource(self, subject: Subject) -> Resource:
        return await self._discovery.resource(subject.api_version, subject.kind)


def _as_promised(error: Exception, subject: Subject) -> SteadError:
    """Only ConflictError, PermanentError and TemporaryError leave a pair of hands."""
    if isinstance(error, (ConflictError, PermanentError, TemporaryError)):
        return error
    if isinstance(error, (AbsentError, ExpiredError)):
        return ConflictError(f"{subject} is not there any more: {error}")
    if isinstance(error, (RefusedError, UserError)):
        return PermanentError(str(error))
    if isinstance(error, BlindError):
        return ApiUnavailableError(str(error), reason=error.reason)
    return TemporaryError(f"the answer to a change of {subject} cannot be read")
