"""Vault and OpenBao: which secrets there are and how old they are. Never a value: it is refused in code, whatever the token may read.

Three walls, each enough: only GET is ever sent; only paths of a KV version 2 mount's `metadata` are asked for, and the server has to say
that the mount is one (of version 1 the same path is a value); and of an answer only the fields of metadata are handed on.

Source: "KV secrets engine, version 2 (API)" and `/sys/internal/ui/mounts` of the documentation of both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.errors import BlindError
from stead.estate.kubernetes.live import at, number, text, texts
from stead.estate.rest import RestServer, path_of
from stead.ports import Clock, Estate
from stead.secrets import SecretRef
from stead.tools.compact import compact
from stead.tools.section import LocalFile, ServerUrl, ToolSection

MOST_KEYS = 500
MOST_VERSIONS = 10


class VaultSettings(ToolSection):
    """`url` of the server · `token`, by reference · `mounts` of KV version 2 that may be looked at · `namespace` · `ca_file`."""

    url: ServerUrl
    token: SecretRef
    mounts: tuple[str, ...] = ("secret",)
    namespace: str = ""
    ca_file: LocalFile | None = None


class Place(msgspec.Struct, forbid_unknown_fields=True):
    mount: str
    path: Annotated[str, Meta(description="Empty: the top")] = ""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Vault:
    """One server. Every question goes through `_metadata` or asks whether it is sealed."""

    def __init__(self, server: RestServer, mounts: tuple[str, ...]) -> None:
        self._server = server
        self._mounts = tuple(mount.strip("/") for mount in mounts)

    async def list(self, _: Estate, asked: Place) -> Looked:
        path, found = await self._metadata(asked, listing=True)
        keys = texts(found, "data", "keys")
        more = f"\n… and {len(keys) - MOST_KEYS} more" if len(keys) > MOST_KEYS else ""
        return Looked(
            text="\n".join(keys[:MOST_KEYS]) + more or "nothing there", command=self._server.command(f"{path}?list=true"), tainted=True
        )

    async def metadata(self, _: Estate, asked: Place) -> Looked:
        if not asked.path.strip("/"):
            raise ValueError("`path` names the secret")
        path, found = await self._metadata(asked, listing=False)
        data = at(found, "data")
        shown = {
            "secret": f"{asked.mount}/{asked.path}",
            "current version": number(data, "current_version"),
            "created": text(data, "created_time"),
            "last changed": text(data, "updated_time"),
            "deleted after": text(data, "delete_version_after"),
            "custom metadata": at(data, "custom_metadata"),
            "versions": _versions(at(data, "versions")),
        }
        return Looked(text=compact(shown), command=self._server.command(path), tainted=True)

    async def status(self, _: Estate, __: Nothing) -> Looked:
        path = "/v1/sys/seal-status"
        found = await self._server.json(path)
        shown = {
            name: at(found, name) for name in ("initialized", "sealed", "version", "storage_type", "cluster_name", "t", "n", "progress")
        }
        return Looked(text=compact(shown), command=self._server.command(path))

    async def _metadata(self, asked: Place, *, listing: bool) -> tuple[str, Any]:
        """The path, and what the server says of it. ValueError for a mount that is not allowed; BlindError where it could be a value."""
        mount = asked.mount.strip("/")
        if mount not in self._mounts:
            raise ValueError(f"the mount `{mount[:80]}` may not be looked at; `mounts` allows {', '.join(self._mounts)}")
        about = path_of("v1/sys/internal/ui/mounts", mount)
        said = await self._server.json(about)
        kind, version = text(said, "data", "type"), text(said, "data", "options", "version")
        if (kind, version) != ("kv", "2"):
            what = f"{kind} version {version or 1}" if kind else "of a kind that the server does not tell"
            raise BlindError(f"the mount `{mount}` is {what}: only KV version 2 keeps metadata apart from values", reason="Forbidden")
        path = path_of("v1", mount, "metadata", *([asked.path] if asked.path.strip("/") else []))
        return path, await self._server.json(path, {"list": "true"} if listing else {})


def _versions(given: Any) -> list[str]:
    """The newest of them, by their numbers."""
    if not isinstance(given, dict):
        return []
    found = cast("dict[str, Any]", given)
    return [_version(name, found[name]) for name in sorted(filter(str.isdecimal, found), key=int)[-MOST_VERSIONS:]]


def _version(name: str, one: Any) -> str:
    deleted = text(one, "deletion_time")
    gone = ", destroyed" if at(one, "destroyed") is True else f", deleted {deleted}" if deleted else ""
    return f"{name} of {text(one, 'created_time')}{gone}"


def _open(settings: VaultSettings, _: Clock, __: Path) -> Toolset:
    server = RestServer(
        name="Vault",
        url=settings.url,
        token=settings.token,
        token_header="X-Vault-Token",
        headers={"X-Vault-Namespace": settings.namespace} if settings.namespace else {},
        ca_file=str(settings.ca_file or ""),
    )
    one = Vault(server, settings.mounts)
    return Toolset(
        name="vault",
        fits=lambda _: True,
        kinds=frozenset(
            {"Secret", "ExternalSecret", "SecretStore", "ClusterSecretStore", "VaultStaticSecret", "VaultDynamicSecret", "VaultAuth"}
        ),
        tools=(
            Tool(name="vault_list", arguments=Place, run=one.list, page="Names of secrets under a path."),
            Tool(name="vault_metadata", arguments=Place, run=one.metadata, page="Versions and times of a secret; never a value."),
            Tool(name="vault_status", arguments=Nothing, run=one.status, page="Whether it is sealed."),
        ),
        page="Vault or OpenBao, names and ages of secrets.",
    )


vault = ToolsetKind(name="vault", settings=VaultSettings, open=_open, page=(__doc__ or "").strip())
