"""Where a kind lives in the API: its path, and the kubectl line that shows the same."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from stead.estate.kubernetes.kinds import Kind


@dataclass(frozen=True, slots=True)
class Resource:
    """`api_version` as objects carry it (`apps/v1`), `plural` as paths do (`deployments`)."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool

    @classmethod
    def of(cls, kind: Kind) -> Resource:
        return cls(kind.api_version, kind.plural, kind.kind, kind.namespaced)

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def full_name(self) -> str:
        """`deployments.apps`, `pods`: what RBAC and kubectl call it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def root(self) -> str:
        """The path of its API group and version."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of the collection, in one namespace or ("") in all, or of one object. Names are quoted."""
        within = f"/namespaces/{quote(namespace, safe='')}" if namespace and self.namespaced else ""
        return f"{self.root}{within}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")

    def command(self, namespace: str = "", name: str = "") -> str:
        """The line to paste that reads the same."""
        where = "" if not self.namespaced else f" -n {namespace}" if namespace else " -A"
        return f"kubectl get {self.full_name}{where}" + (f" {name} -o yaml" if name else "")
