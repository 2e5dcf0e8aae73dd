"""Credentials from a program: the kubeconfig's `exec` plugin (client.authentication.k8s.io v1, v1beta1, v1alpha1).

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from stead.domain.errors import BlindError, UserError
from stead.domain.held import hold
from stead.estate.kubernetes.credentials import Credential, Credentials
from stead.estate.kubernetes.kubeconfig import Selected
from stead.estate.kubernetes.tls import KeyPair
from stead.estate.processes import end
from stead.ports import Clock

_VERSIONS = tuple(f"client.authentication.k8s.io/{v}" for v in ("v1", "v1beta1", "v1alpha1"))
_TIMEOUT = 60.0
"""Seconds that a plugin may take: kubectl waits for ever, a service may not."""
_EARLY = timedelta(seconds=60)
"""A credential is renewed this long before it ends, so that none ends on its way."""


class _Status(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None


class _Answer(msgspec.Struct):
    status: _Status


class ExecPlugin(Credentials):
    """Runs the program when it is first needed, when what it gave is about to end, and after a refusal."""

    def __init__(self, selected: Selected, clock: Clock) -> None:
        super().__init__()
        plugin = selected.user.exec
        if plugin is None:
            raise ValueError("the user has no exec plugin")
        self._plugin = plugin
        self._clock = clock
        self._lock = asyncio.Lock()
        self._until: datetime | None = None
        self._have = False
        more: Mapping[str, Any] = selected.more_user.get("exec") or {}
        where = f"kubeconfig `{selected.source}`, context `{selected.context}`"
        if plugin.apiVersion not in _VERSIONS:
            raise UserError(f"{where}: exec apiVersion `{plugin.apiVersion}` is unknown", hint=f"use {_VERSIONS[0]}")
        if more.get("interactiveMode") == "Always":
            raise UserError(f"{where}: `{plugin.command}` wants to ask a person (interactiveMode: Always), and nobody is there")
        self._info = _exec_info(selected, plugin.apiVersion, bool(more.get("provideClusterInfo")))
        self._hint = str(more.get("installHint") or "")

    async def current(self) -> Credential:
        async with self._lock:
            if not self._have or (self._until is not None and self._clock.now() >= self._until - _EARLY):
                self._fixed = self._parse(await self._run())
                self._have = True
            return self._fixed

    def rejected(self) -> bool:
        self._have = False
        return True

    def _parse(self, output: bytes) -> Credential:
        command = self._plugin.command
        try:
            status = msgspec.json.decode(output, type=_Answer).status
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            # Its words are not repeated: they may hold the token.
            raise BlindError(f"`{command}` of the kubeconfig did not answer with an ExecCredential", reason="Unauthorized") from error
        if not status.token and not (status.client_certificate_data and status.client_key_data):
            raise BlindError(f"`{command}` of the kubeconfig gave neither a token nor a certificate", reason="Unauthorized")
        self._until = status.expiration_timestamp
        pair = None
        if status.client_certificate_data and status.client_key_data:
            pair = KeyPair(certificate=status.client_certificate_data.encode(), key=status.client_key_data.encode())
        hold(status.token)
        return Credential(headers={"Authorization": f"Bearer {status.token}"} if status.token else {}, pair=pair)

    async def _run(self) -> bytes:
        command = self._plugin.command
        environ = {**os.environ, **{e.name: e.value for e in self._plugin.env or []}, "KUBERNETES_EXEC_INFO": self._info}
        try:
            process = await asyncio.create_subprocess_exec(
                command,
                *(self._plugin.args or []),
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            hint = f"; {self._hint}" if self._hint else ""
            raise BlindError(f"`{command}` of the kubeconfig cannot be run: {error.strerror}{hint}", reason="Unauthorized") from error
        try:
            async with asyncio.timeout(_TIMEOUT):
                output, errors = await process.communicate()
        except TimeoutError as error:
            raise BlindError(f"`{command}` of the kubeconfig did not end within {_TIMEOUT:.0f} s", reason="Unauthorized") from error
        finally:
            await end(process)
        if process.returncode:
            said = " ".join(errors.decode("utf-8", "replace").split())[:200]
            raise BlindError(f"`{command}` of the kubeconfig ended with {process.returncode}: {said}", reason="Unauthorized")
        return output


def _exec_info(selected: Selected, version: str, with_cluster: bool) -> str:
    spec: dict[str, Any] = {"interactive": False}
    if with_cluster:
        keys = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        spec["cluster"] = {k: v for k in keys if (v := selected.more_cluster.get(k)) is not None}
    return msgspec.json.encode({"apiVersion": version, "kind": "ExecCredential", "spec": spec}).decode()
