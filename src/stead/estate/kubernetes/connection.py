"""One cluster as one identity: everything that an HTTP client must know to talk to its API server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from stead.domain.errors import UserError
from stead.estate.kubernetes.credentials import Credentials, credentials_of
from stead.estate.kubernetes.kubeconfig import Selected, select
from stead.estate.kubernetes.proxy import proxy_for
from stead.estate.kubernetes.tls import Tls, tls_of
from stead.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """`server` the base address without a slash at its end · `source` the files that it came from · `namespace` the context's."""

    server: str
    source: str
    context: str
    namespace: str
    tls: Tls
    credentials: Credentials
    proxy: str | None = None

    def __str__(self) -> str:
        return f"API server {self.server} (context `{self.context}` of {self.source})"


def connect(
    clock: Clock, *, kubeconfig: str | None = None, context: str | None = None, environ: Mapping[str, str] | None = None
) -> Connection:
    """Read the configuration; nothing is sent yet. UserError, in one sentence, for whatever is wrong in it."""
    environ = os.environ if environ is None else environ
    selected = select(kubeconfig, context, environ)
    server = _server(selected)
    return Connection(
        server=server,
        source=selected.source,
        context=selected.context,
        namespace=selected.namespace,
        tls=tls_of(selected),
        credentials=credentials_of(selected, clock),
        proxy=proxy_for(server, str(selected.more_cluster.get("proxy-url") or ""), environ, f"kubeconfig `{selected.source}`"),
    )


def _server(selected: Selected) -> str:
    server = selected.cluster.server.rstrip("/")
    where = f"kubeconfig `{selected.source}`, context `{selected.context}`"
    try:
        parts = urlsplit(server)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise UserError(f"{where}: server `{server}` is no http:// or https:// address")
    return server
