"""Service account tokens that somebody asked for by a Secret.

Source: `pkg/controller/serviceaccount/tokens_controller.go`; https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from stead.practice.api.users import Users
from stead.practice.controllers.base import Controller, Hands
from stead.practice.objects import Key, Obj

TYPE = "kubernetes.io/service-account-token"
_NAME, _UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"


class AccountTokens(Controller):
    """Fills a Secret of the type with the account's token, the cluster's CA and the namespace, once the account is there."""

    name = "serviceaccount-tokens"
    watches = ("secrets",)

    def __init__(self, hands: Hands, users: Users, ca: Callable[[], bytes]) -> None:
        super().__init__(hands)
        self._users = users
        self._ca = ca

    def reconcile(self, key: Key) -> None:
        secret = self.world.store.get("secrets", *key)
        if secret is None or secret.get("type") != TYPE or "token" in (secret.get("data") or {}):
            return
        annotations: dict[str, str] = secret["metadata"].get("annotations") or {}
        name = annotations.get(_NAME, "")
        account = self.world.store.get("serviceaccounts", key[0], name)
        if account is None:
            return
        token = self._users.add(f"system:serviceaccount:{key[0]}:{name}")
        held = {"token": token.encode(), "ca.crt": self._ca(), "namespace": key[0].encode()}

        def fill(change: Obj) -> None:
            change["metadata"]["annotations"][_UID] = account["metadata"]["uid"]
            change["data"] = (change.get("data") or {}) | {what: b64encode(value).decode() for what, value in held.items()}

        self.world.edit("secrets", key, fill)
