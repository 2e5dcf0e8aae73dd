"""Who we are to the API server: a token, a token file, a password, an exec plugin, or nothing but a client certificate.

`current()` gives what the next request carries; `rejected()` tells that it was refused (HTTP 401), and answers whether a new try may
carry something else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stead.domain.errors import BlindError, UserError
from stead.domain.held import hold
from stead.estate.kubernetes.kubeconfig import Selected
from stead.estate.kubernetes.tls import KeyPair
from stead.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What one request carries: headers, and a client certificate where a plugin gave one."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    pair: KeyPair | None = field(default=None, repr=False)


def bearer(token: str) -> Credential:
    """UserError for a token that no header can carry: it was wrapped, or something else was copied."""
    if not token.isprintable():
        raise UserError("the token of the kubeconfig has characters that no header can carry", hint="copy it again, in one line")
    hold(token)
    return Credential(headers={"Authorization": f"Bearer {token}"})


class Credentials:
    """The ones that never change: none, a token or a password. The others inherit from it."""

    def __init__(self, fixed: Credential | None = None) -> None:
        self._fixed = fixed or Credential()

    async def current(self) -> Credential:
        """BlindError (Unauthorized) or UserError when there are none to be had."""
        return self._fixed

    def rejected(self) -> bool:
        """Forget what was refused; whether asking again may give something else."""
        return False


class TokenFile(Credentials):
    """A token that somebody else renews (a service account's, by the kubelet): read again when its file changes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._stamp: tuple[int, int] | None = None

    async def current(self) -> Credential:
        try:
            status = self._path.stat()
            stamp = (status.st_ino, status.st_mtime_ns)
            if stamp != self._stamp:
                self._fixed = bearer(self._path.read_text().strip())
                self._stamp = stamp
        except (OSError, UnicodeDecodeError) as error:
            raise BlindError(f"the token file `{self._path}` cannot be read: {error}", reason="Unauthorized") from error
        return self._fixed

    def rejected(self) -> bool:
        self._stamp = None
        return True


def credentials_of(selected: Selected, clock: Clock) -> Credentials:
    """What the kubeconfig's user says, in kubectl's order: token, token file, exec plugin, password."""
    user = selected.user
    # A token file is the renewed form of a token: where both are given it stands above.
    if user.token_file:
        return TokenFile(Path(user.token_file))
    if user.token:
        return Credentials(bearer(user.token.strip()))
    if user.exec is not None:
        from stead.estate.kubernetes.exec_plugin import ExecPlugin  # late: few kubeconfigs need it

        return ExecPlugin(selected, clock)
    if user.username and user.password:
        hold(user.password)
        basic = base64.b64encode(f"{user.username}:{user.password}".encode()).decode()
        return Credentials(Credential(headers={"Authorization": f"Basic {basic}"}))
    if selected.more_user.get("auth-provider"):
        raise UserError(
            f"kubeconfig `{selected.source}`: the user of context `{selected.context}` logs in by `auth-provider`",
            hint="Kubernetes 1.26 dropped it: use the exec plugin of your provider",
        )
    return Credentials()
