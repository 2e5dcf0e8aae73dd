"""Who a bearer token belongs to.

Promise: tokens are random, made when the cluster starts, and live only in memory and in the kubeconfig files that were asked for.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from stead.practice.api import errors
from stead.practice.api.rbac import MASTERS
from stead.practice.api.request import ANONYMOUS, Identity

_AUTHENTICATED = "system:authenticated"


class Users:
    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._identities: dict[str, Identity] = {}
        self.add("admin", MASTERS)

    def add(self, name: str, *groups: str) -> str:
        """Make the user, or find it; the result is its token."""
        if name not in self._tokens:
            self._tokens[name] = secrets.token_hex(16)
            if name.startswith("system:serviceaccount:"):
                namespace = name.split(":")[2]
                groups = (*groups, "system:serviceaccounts", f"system:serviceaccounts:{namespace}")
            self._identities[name] = Identity(name, (*groups, _AUTHENTICATED), f"u-{name}")
        return self._tokens[name]

    def token(self, name: str) -> str:
        return self._tokens[name]

    def replace_token(self, name: str) -> str:
        """A new token; the old one is refused from now on (an expired credential)."""
        self._tokens[name] = secrets.token_hex(16)
        return self._tokens[name]

    def memory(self) -> dict[str, Identity]:
        """Who there is; their tokens stay here."""
        return dict(self._identities)

    def remember(self, identities: Mapping[str, Identity]) -> None:
        """Know these users, with new tokens."""
        for name, identity in identities.items():
            self._identities[name] = identity
            self._tokens.setdefault(name, secrets.token_hex(16))

    def who(self, authorization: str) -> Identity:
        """The identity behind an Authorization header. Raises 401 for a token that is not known."""
        if not authorization:
            return ANONYMOUS
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "bearer":
            for name, token in self._tokens.items():
                if hmac.compare_digest(token.encode(), given.strip().encode()):
                    return self._identities[name]
        raise errors.unauthorized()
