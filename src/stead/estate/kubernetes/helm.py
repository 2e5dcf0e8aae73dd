"""Helm's releases, as Helm 3 and 4 keep them: a Secret of type `helm.sh/release.v1` for each revision.

Promise: of a Secret that is none of Helm's nothing is handed out, and of a release neither the rendered manifest nor the chart's files.

Source: `helm.sh/helm/v4/pkg/storage/driver`: `data.release` is base64 (the API's) of base64 of gzip of JSON.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from stead.domain.errors import BlindError, SteadError
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.errors import as_blind
from stead.estate.kubernetes.live import at, items, text
from stead.estate.kubernetes.resources import Resource

TYPE = "helm.sh/release.v1"
MOST_BYTES = 32 * 1024 * 1024
"""Bytes of an unpacked release: a chart may be large, and a crafted one would fill the memory."""
_SECRET = Resource("v1", "secrets", "Secret", namespaced=True)
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""Names and labels alone (https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One revision, as the labels of its Secret tell it."""

    namespace: str
    name: str
    revision: int
    status: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One revision in full: `values` are those that a person gave, `defaults` the chart's own."""

    chart: str
    app_version: str
    deployed: str
    description: str
    values: Mapping[str, Any]
    defaults: Mapping[str, Any]


class HelmReleases:
    """Reads through the read identity, which needs the right to Secrets for it. Each read raises BlindError when it cannot be made."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def kept(self, namespace: str, name: str = "") -> Sequence[Kept]:
        """The revisions in a namespace ("" for all), of one release where it is named; the newest of each release first."""
        labels = "owner=helm" + (f",name={name}" if name else "")
        params = {"labelSelector": labels, "fieldSelector": f"type={TYPE}", "limit": "1000"}
        body = await self._get(_SECRET.path(namespace), params, "list the releases of Helm", self._command(namespace), _METADATA)
        found = [made for one in items(body, "items") if (made := _kept(one)) is not None]
        return sorted(found, key=lambda one: (one.namespace, one.name, -one.revision))

    async def read(self, one: Kept) -> Release:
        """What Helm wrote down of this revision."""
        command = f"helm get all -n {one.namespace} {one.name} --revision {one.revision}"
        body = await self._get(_SECRET.path(one.namespace, one.secret), {}, f"read the release {one.name}", command, "application/json")
        if text(body, "type") != TYPE:
            raise BlindError(f"the Secret {one.secret} is none of Helm's", reason="Malformed", command=command)
        try:
            return _release(_unpacked(text(body, "data", "release")))
        except (ValueError, zlib.error, RecursionError) as error:
            raise BlindError(f"the release in {one.secret} cannot be read: {error}", reason="Malformed", command=command) from error

    async def _get(self, path: str, params: Mapping[str, str], what: str, command: str, accept: str) -> Mapping[str, Any]:
        try:
            body = await self._client.get(path, params, what=what, command=command, accept=accept)
            return msgspec.json.decode(body, type=dict[str, Any])
        except (SteadError, ValueError, RecursionError) as error:
            raise as_blind(error, command) from error

    def _command(self, namespace: str) -> str:
        return f"helm list -a {f'-n {namespace}' if namespace else '-A'}"


def _kept(one: Mapping[str, Any]) -> Kept | None:
    labels = {name: text(one, "metadata", "labels", name) for name in ("name", "status", "version")}
    if not labels["name"] or not labels["version"].isdecimal():
        return None
    namespace, secret = text(one, "metadata", "namespace"), text(one, "metadata", "name")
    return Kept(namespace=namespace, name=labels["name"], revision=int(labels["version"]), status=labels["status"], secret=secret)


def _unpacked(data: str) -> Mapping[str, Any]:
    try:
        packed = base64.b64decode(base64.b64decode(data, validate=True), validate=True)
    except binascii.Error as error:
        raise ValueError("it is not base64") from error
    opened = zlib.decompressobj(wbits=31)
    plain = opened.decompress(packed, MOST_BYTES)
    if not opened.eof:
        raise ValueError(f"it is cut off, or unpacks to more than {MOST_BYTES} bytes")
    return msgspec.json.decode(plain, type=dict[str, Any])


def _release(found: Mapping[str, Any]) -> Release:
    chart = at(found, "chart", "metadata")
    return Release(
        chart=" ".join(filter(None, [text(chart, "name"), text(chart, "version")])),
        app_version=text(chart, "appVersion"),
        deployed=text(found, "info", "last_deployed"),
        description=text(found, "info", "description"),
        values=_mapping(at(found, "config")),
        defaults=_mapping(at(found, "chart", "values")),
    )


def _mapping(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}
