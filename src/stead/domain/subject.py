"""A Subject: the one thing that a finding, an action or a message is about."""

from __future__ import annotations

from dataclasses import dataclass

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Subject:
    """Names one object of one estate. `api_version` is group/version as Kubernetes writes it (`apps/v1`, `v1`).

    Hosts and units use `host.stead/v1`; probes and Stead itself `stead/v1`. `namespace` and `uid` are "" where there is none.
    """

    estate: str
    api_version: str
    kind: str
    name: str
    namespace: str = ""
    uid: str = ""

    @property
    def group(self) -> str:
        """The API group, "" for the core group: an object keeps its identity when its API version moves on."""
        return self.api_version.rpartition("/")[0]

    @property
    def key(self) -> Key:
        """(estate, group, kind, namespace, name): what two sightings of one object share."""
        return (self.estate, self.group, self.kind, self.namespace, self.name)

    @property
    def path(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
