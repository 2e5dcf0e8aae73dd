"""Looking further than the checks do, through the read identity: any kind, tables as kubectl shows them, logs, events, figures, rights.

Promise: it cannot write, and the values of a Secret do not leave it, whatever the identity may read.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec

from stead.domain.errors import BlindError, SteadError
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.errors import AbsentError, as_blind
from stead.estate.kubernetes.known import find
from stead.estate.kubernetes.live import at, items, text
from stead.estate.kubernetes.resources import Resource
from stead.ports import Completed, Object

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json"
"""How kubectl asks for what it prints (https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables)."""

MOST_ROWS = 500
_MOST_SAID = 1024 * 1024
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_METRICS = "/apis/metrics.k8s.io/v1beta1"
_POD = Resource("v1", "pods", "Pod", namespaced=True)
_EVENT = Resource("v1", "events", "Event", namespaced=True)
_NOISE = ("managedFields", "selfLink")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""A copy of what was applied, a Secret's values included."""


class Reader:
    """Reads of one cluster. Each raises BlindError, with the line that shows the same by hand, when it could not look."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def resource(self, word: str) -> Resource:
        """`deploy`, `Deployment`, `certificates.cert-manager.io` → where it lives. BlindError for a kind that the cluster does not have."""
        known = find(word)
        return known if known is not None else await self._discovered(word)

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object without noise and without secrets; None when there is none of that name."""
        command = resource.command(namespace, name)
        try:
            body = await self._client.get(resource.path(namespace, name), what=f"read {resource.kind} {name}", command=command)
            return without_values(resource, msgspec.json.decode(body, type=dict[str, Any]))
        except AbsentError:
            return None
        except (SteadError, ValueError, RecursionError) as error:
            raise as_blind(error, command) from error

    async def table(self, resource: Resource, namespace: str, labels: str) -> list[list[str]]:
        """Rows as `kubectl get` prints them, the columns' names first."""
        params = {"limit": str(MOST_ROWS)} | ({"labelSelector": labels} if labels else {})
        found = await self._ask(resource.path(namespace), params, f"list {resource.plural}", resource.command(namespace), accept=TABLE)
        columns = items(found, "columnDefinitions")
        shown = [n for n, column in enumerate(columns) if at(column, "priority") in (0, None)]
        everywhere = resource.namespaced and not namespace
        head = [*(["NAMESPACE"] if everywhere else []), *(text(columns[n], "name").upper() for n in shown)]
        rows = [head]
        for row in items(found, "rows"):
            cells: Any = at(row, "cells") or []
            where = [text(row, "object", "metadata", "namespace")] if everywhere else []
            rows.append([*where, *(str(cells[n]) for n in shown if n < len(cells))])
        return rows

    async def log(self, namespace: str, pod: str, *, container: str, previous: bool, lines: int, minutes: int = 0) -> str:
        """The last `lines` lines of a container's log, of the last `minutes` where that is set; the only container where none is named."""
        params = {"tailLines": str(lines), "limitBytes": str(1 << 20)}
        params |= {"container": container} if container else {}
        params |= {"previous": "true"} if previous else {}
        params |= {"sinceSeconds": str(minutes * 60)} if minutes else {}
        command = log_command(namespace, pod, container, previous=previous, lines=lines, minutes=minutes)
        path = f"{_POD.path(namespace, pod)}/log"
        try:
            body = await self._client.get(path, params, what=f"read the log of {pod}", command=command, accept="*/*")
        except SteadError as error:
            raise as_blind(error, command) from error
        return body.decode("utf-8", "replace")

    async def execute(self, namespace: str, pod: str, container: str, argv: Sequence[str]) -> Completed:
        """What a command in a container says, without input, and how it ends. Its own right, which the read role does not have, is needed.

        Source: `k8s.io/apimachinery/pkg/util/remotecommand` (v5 and v4 of channel.k8s.io: the first byte of each message is its channel,
        1 stdout, 2 stderr, 3 a Status at the end).
        """
        params = [("stdout", "true"), ("stderr", "true"), *(("command", word) for word in argv)]
        params += [("container", container)] if container else []
        command = exec_command(namespace, pod, container, argv)
        said = {1: bytearray(), 2: bytearray(), 3: bytearray()}
        frames = self._client.frames(
            f"{_POD.path(namespace, pod)}/exec", params, ("v5.channel.k8s.io", "v4.channel.k8s.io"), what=f"run in {pod}", command=command
        )
        try:
            async with aclosing(frames):
                async for frame in frames:
                    if frame and frame[0] in said:
                        said[frame[0]] += frame[1:]
                    if sum(map(len, said.values())) > _MOST_SAID:
                        raise BlindError(f"the command in {pod} said more than {_MOST_SAID} bytes", reason="Malformed", command=command)
        except SteadError as error:
            raise as_blind(error, command) from error
        return Completed(
            code=_exit_code(bytes(said[3])), stdout=said[1].decode("utf-8", "replace"), stderr=said[2].decode("utf-8", "replace")
        )

    async def pods(self, namespace: str) -> list[Object]:
        found = await self._ask(_POD.path(namespace), {}, "list pods", _POD.command(namespace))
        return items(found, "items")

    async def events(self, namespace: str, about: str = "") -> list[Object]:
        """Events of a namespace, the newest last; of one object where its name is given."""
        params = {"limit": str(MOST_ROWS)} | ({"fieldSelector": f"involvedObject.name={about}"} if about else {})
        found = await self._ask(_EVENT.path(namespace), params, "list events", _EVENT.command(namespace))
        return sorted(items(found, "items"), key=when)

    async def figures(self, kind: str, namespace: str) -> list[Object]:
        """Use of `pods` or `nodes` as the metrics API gives it."""
        within = f"/namespaces/{namespace}" if namespace and kind == "pods" else ""
        command = f"kubectl top {kind}" + (f" -n {namespace}" if within else " -A" if kind == "pods" else "")
        return items(await self._ask(f"{_METRICS}{within}/{kind}", {}, f"read the use of {kind}", command), "items")

    async def may(self, verb: str, resource: Resource, namespace: str) -> tuple[bool, str]:
        """Whether this identity may, and what the server says of it."""
        attributes = {"verb": verb, "group": resource.group, "resource": resource.plural, "namespace": namespace}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
        try:
            answer = await self._client.post(_REVIEWS, review, what=f"ask whether it may {verb} {resource.plural}")
            status = at(msgspec.json.decode(answer, type=dict[str, Any]), "status")
        except (SteadError, ValueError) as error:
            raise as_blind(error, f"kubectl auth can-i {verb} {resource.full_name}") from error
        return at(status, "allowed") is True, text(status, "reason")

    async def _discovered(self, word: str) -> Resource:
        """Ask the server for the kind, in the group that the word names, or in all of them."""
        plural, _, group = word.casefold().partition(".")
        groups = items(await self._ask("/apis", {}, "list the APIs", "kubectl api-resources"), "groups")
        for one in groups:
            version = text(one, "preferredVersion", "groupVersion")
            if (group and text(one, "name") != group) or not version:
                continue
            served = await self._ask(f"/apis/{version}", {}, f"read {version}", "kubectl api-resources")
            for row in items(served, "resources"):
                short: Any = at(row, "shortNames")
                names = (text(row, "name"), text(row, "kind").casefold(), text(row, "singularName"))
                if (plural in names or (isinstance(short, list) and plural in short)) and "/" not in text(row, "name"):
                    return Resource(version, text(row, "name"), text(row, "kind"), at(row, "namespaced") is True)
        raise BlindError(f"the cluster has no kind `{word[:80]}`", reason="Absent", command="kubectl api-resources")

    async def _ask(self, path: str, params: Mapping[str, str], what: str, command: str, accept: str = "application/json") -> Object:
        try:
            body = await self._client.get(path, params, what=what, command=command, accept=accept)
            return msgspec.json.decode(body, type=dict[str, Any])
        except (SteadError, ValueError, RecursionError) as error:
            raise as_blind(error, command) from error


def without_values(resource: Resource, found: dict[str, Any]) -> Object:
    """Without what nobody needs to read, and of a Secret only the names of its keys and their sizes."""
    metadata = cast("dict[str, Any]", found.get("metadata") or {})
    annotations = {k: v for k, v in cast("dict[str, Any]", metadata.get("annotations") or {}).items() if k != _LAST_APPLIED}
    kept: dict[str, Any] = {k: v for k, v in metadata.items() if k not in _NOISE and k != "annotations"}
    shown: dict[str, Any] = {**found, "metadata": kept | ({"annotations": annotations} if annotations else {})}
    if resource.group == "" and resource.plural == "secrets":
        for part in ("data", "stringData"):
            if isinstance(held := shown.get(part), dict):
                shown[part] = {key: f"({len(str(value))} characters, never shown)" for key, value in cast("dict[str, Any]", held).items()}
    return shown


def _exit_code(status: bytes) -> int:
    """The exit code of the Status that ends an exec; 1 where it failed without one."""
    try:
        said = msgspec.json.decode(status, type=dict[str, Any])
    except ValueError:
        return 1
    if text(said, "status") == "Success":
        return 0
    codes = [text(cause, "message") for cause in items(said, "details", "causes") if text(cause, "reason") == "ExitCode"]
    return int(codes[0]) if codes and codes[0].isdecimal() else 1


def exec_command(namespace: str, pod: str, container: str, argv: Sequence[str]) -> str:
    return f"kubectl exec -n {namespace} {pod}" + (f" -c {container}" if container else "") + f" -- {shlex.join(argv)}"


def log_command(namespace: str, pod: str, container: str, *, previous: bool, lines: int, minutes: int = 0) -> str:
    return (
        f"kubectl logs -n {namespace} {pod}"
        + (f" -c {container}" if container else "")
        + (" --previous" if previous else "")
        + f" --tail={lines}"
        + (f" --since={minutes}m" if minutes else "")
    )


def when(event: Object) -> str:
    """When an event was last seen, as text that sorts."""
    return text(event, "lastTimestamp") or text(event, "eventTime") or text(event, "metadata", "creationTimestamp")
