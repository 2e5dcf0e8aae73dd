"""How the findings of one incident hang together: which explains which, and by what relation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stead.domain.finding import Finding
from stead.domain.grouping import causes
from stead.domain.subject import Subject

OWNED = "is owned by"

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController")

_RELATIONS: Mapping[tuple[str, str], str] = {
    ("Pod", "PersistentVolumeClaim"): "mounts",
    ("Pod", "PersistentVolume"): "mounts",
    ("Pod", "ConfigMap"): "reads",
    ("Pod", "Secret"): "reads",
    ("Pod", "ServiceAccount"): "runs as",
    ("Pod", "PriorityClass"): "has the priority of",
    ("Service", "Pod"): "selects",
    ("Ingress", "Service"): "routes to",
    ("Ingress", "Secret"): "takes its certificate from",
    ("HTTPRoute", "Service"): "routes to",
    ("HTTPRoute", "Gateway"): "is attached to",
    ("PersistentVolumeClaim", "PersistentVolume"): "is bound to",
    ("PersistentVolumeClaim", "StorageClass"): "is provisioned by",
    ("Certificate", "Issuer"): "is issued by",
    ("Certificate", "ClusterIssuer"): "is issued by",
    ("Job", "CronJob"): "is made by",
    ("ReplicaSet", "Deployment"): OWNED,
    ("HorizontalPodAutoscaler", "Deployment"): "scales",
    ("Kustomization", "GitRepository"): "is built from",
    ("HelmRelease", "HelmRepository"): "is installed from",
    ("HelmRelease", "HelmChart"): "is installed from",
    ("ExternalSecret", "SecretStore"): "is filled from",
    ("ExternalSecret", "ClusterSecretStore"): "is filled from",
}
"""(who suffers, on what) → how they are connected, as a verb: the fields that the checks follow when they name what a fault depends on."""

_OF_ANY: Mapping[str, str] = {
    "Node": "runs on",
    "Namespace": "lives in",
    "ResourceQuota": "is limited by",
    "ValidatingWebhookConfiguration": "is admitted by",
    "MutatingWebhookConfiguration": "is admitted by",
    "NetworkPolicy": "is fenced by",
    "Application": "is deployed by",
    "Kustomization": "is deployed by",
    "HelmRelease": "is deployed by",
}

MADE_OF = "is made of"


@dataclass(frozen=True, slots=True)
class Link:
    """A finding and what explains it: `parent` None for the cause itself, `relation` the verb between them ("runs on")."""

    finding: Finding
    parent: Finding | None = None
    relation: str = ""

    def __str__(self) -> str:
        if self.parent is None:
            return str(owner(self.finding))
        return f"{owner(self.finding)} {self.relation} {owner(self.parent)}"


@dataclass(frozen=True, slots=True)
class Chain:
    """The links of one incident, the cause first, each after what explains it."""

    links: tuple[Link, ...]

    @property
    def cause(self) -> Finding:
        return self.links[0].finding

    def below(self, finding: Finding) -> list[Link]:
        """What this finding explains directly."""
        return [link for link in self.links if link.parent is not None and link.parent.fingerprint == finding.fingerprint]


def chain(cause: Finding, others: Iterable[Finding]) -> Chain:
    """Hang `others` under `cause`. What no longer leads there by itself (its own cause is over) hangs directly under it."""
    members = {finding.fingerprint: finding for finding in (*others, cause)}
    parents = causes(members.values())
    children: dict[str, list[Finding]] = {}
    for fingerprint, finding in members.items():
        parent = parents.get(fingerprint)
        if fingerprint != cause.fingerprint:
            children.setdefault(parent.fingerprint if parent else cause.fingerprint, []).append(finding)
    links, seen = [Link(cause)], {cause.fingerprint}
    for link in links:  # grows while it is walked, and each finding comes once
        for finding in children.get(link.finding.fingerprint, ()):
            if finding.fingerprint not in seen:
                seen.add(finding.fingerprint)
                links.append(Link(finding, link.finding, relation(finding, link.finding)))
    # Findings that explain each other in a circle beside the cause.
    links += [Link(f, cause, relation(f, cause)) for fingerprint, f in members.items() if fingerprint not in seen]
    return Chain(tuple(links))


def relation(finding: Finding, cause: Finding) -> str:
    """How `finding` depends on `cause`, as a verb: "runs on"."""
    by = next((subject for subject in finding.depends_on if subject.key in cause.keys), None)
    if by is None:
        same = finding.blames is not None and cause.blames is not None and finding.blames.key == cause.blames.key
        return f"blames {finding.blames} like" if same else "goes with"
    if by.key in finding.keys:
        # It depends on itself, that is on its own parts: a workload on its pods.
        return MADE_OF
    if finding.subject.kind == "Pod" and finding.top is not None and by.key == finding.top.key:
        return OWNED
    return between(finding.subject, by if by.key != cause.subject.key else cause.subject)


def between(subject: Subject, on: Subject) -> str:
    known = _RELATIONS.get((subject.kind, on.kind)) or _OF_ANY.get(on.kind)
    if known is not None:
        return known
    if subject.kind == "Service" and on.kind in _WORKLOADS:
        return "selects"
    if subject.kind in _WORKLOADS and on.kind == "Pod":
        return MADE_OF
    if subject.kind in _WORKLOADS and ("Pod", on.kind) in _RELATIONS:
        return _RELATIONS["Pod", on.kind]
    return "depends on"


def owner(finding: Finding) -> Subject:
    """Whom people know: a pod's Deployment, else the subject itself."""
    return finding.top or finding.subject


def plural(verb: str) -> str:
    """`runs on` → `run on`, `is made of` → `are made of`, `has …` → `have …`."""
    first, space, rest = verb.partition(" ")
    return {"is": "are", "has": "have", "goes": "go"}.get(first, first.removesuffix("s")) + space + rest


def counted(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    """How many objects of which kind these findings are about, each counted once: [("Pod", 499), ("Service", 4)], most first."""
    names: dict[str, set[tuple[str, str]]] = {}
    for finding in findings:
        subject = finding.subject
        names.setdefault(subject.kind, set()).update((subject.namespace, name) for name in finding.instances or (subject.name,))
    return sorted(((kind, len(found)) for kind, found in names.items()), key=lambda item: (-item[1], item[0]))


_PLURALS = {"PersistentVolumeClaim": ("volume claim", "volume claims"), "Ingress": ("ingress", "ingresses")}
_BUILT_IN = frozenset({"Pod", "Node", "Service", *_WORKLOADS, "Host", "Secret", "ConfigMap", "Namespace", "Certificate"})


def how_many(kind: str, number: int) -> str:
    """`1 pod`, `499 pods`, `2 volume claims`; kinds of others keep their own spelling: `3 × PostgresCluster`."""
    if kind in _PLURALS:
        return f"{number} {_PLURALS[kind][number != 1]}"
    if kind in _BUILT_IN:
        # ReplicaSet, ConfigMap: as kubectl writes them.
        return f"{number} {kind.lower()}{'' if number == 1 else 's'}"
    return f"{number} × {kind}"
