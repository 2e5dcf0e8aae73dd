"""An Alert: what another system says is wrong. It informs and is told; nothing acts on it before a check of Stead's own says the same.

An alert becomes a Finding whose check is the hook that heard it and the alert's own name, `alertmanager/KubePodCrashLooping`. No check
of Stead's own can be called so, so whatever fits on a check's name (a playbook, a rule of policy) never takes an alert for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.redaction import MARK
from stead.domain.secret_fields import is_secret_name
from stead.domain.subject import Subject

LONGEST_WORDS = 500
"""Letters of one thing that an alert says: its summary, a description, all labels. Links and tables are longer, and say less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as its sender tells it.

    `key` the sender's own identity of it: a re-send carries the same · `name` what is wrong (Alertmanager's `alertname`) · `firing` False
    when it is over · `summary` a sentence for people, "" where there is none · `labels` say what it is about · `said` further words,
    by what they are · `since` when it began · `command` a line or link that shows it · `until` when it is over if nobody says so ·
    `once`: its sender tells that it began, and never how it goes on.
    """

    key: str
    name: str
    firing: bool = True
    summary: str = ""
    severity: Severity = Severity.WARNING
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    since: datetime | None = None
    command: str = ""
    until: datetime | None = None
    once: bool = False


def finding_of(alert: Alert, hook: str, subject: Subject, top: Subject | None = None, *, clean: Callable[[str], str] = str) -> Finding:
    """What the hook of that name heard, as a finding about `subject`, which `top` owns. All its words are somebody else's, and `clean`
    takes out of them what must not be kept."""

    def told(text: str) -> str:
        return _cut(clean(text))

    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
    name, words = told(alert.name), told(" ".join(alert.summary.split()))
    evidence = [Evidence(what=f"{hook} says", value=words or name, command=told(alert.command), tainted=True)]
    evidence += [Evidence(what="its labels", value=told(labels), tainted=True)] if labels else []
    evidence += [
        Evidence(what=_cut(what), value=told(_named(what, value, clean)), tainted=True) for what, value in alert.said.items() if value
    ]
    return Finding(
        check=f"{hook}/{name}",
        subject=subject,
        reason="Alert",
        summary=f"{name}: {words}" if words else f"{name} on {subject}",
        severity=alert.severity,
        top=top,
        evidence=tuple(evidence),
        since=alert.since,
    )


def _named(what: str, value: str, clean: Callable[[str], str]) -> str:
    """The value; a mark in its place where what it is called says that it is a secret."""
    pair = f'"{what}": "{value}"'
    return MARK if is_secret_name(what) and clean(pair) != pair else value


def heard(check: str) -> bool:
    """Whether a finding of this check was heard from elsewhere, rather than seen by Stead itself."""
    return "/" in check


_CRITICAL = frozenset({"critical", "crit", "page", "high", "error", "emergency", "fatal", "disaster", "urgent", "p1", "sev1"})
_INFO = frozenset({"info", "information", "informational", "none", "low", "notice", "debug", "ok", "p4", "p5", "sev4", "sev5"})


def severity_of(word: str) -> Severity:
    """What a sender's word for how bad it is means here; a word that nobody knows is a warning."""
    plain = word.strip().lower()
    return Severity.CRITICAL if plain in _CRITICAL else Severity.INFO if plain in _INFO else Severity.WARNING


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"


def candidates(labels: Mapping[str, str], estate: str) -> Sequence[Subject]:
    """What alerts with these labels may be about, most telling first: a workload before a pod, a pod before a node, that before a host.

    The names are those of kube-state-metrics, of the kubelet's cAdvisor and of node_exporter
    (https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics). Where a scrape kept its target's own labels, the
    metric's are called `exported_…` (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config), and count.
    """

    def value(name: str) -> str:
        return labels.get(f"exported_{name}") or labels.get(name, "")

    space = value("namespace")
    found = [
        Subject(estate=estate, api_version=api, kind=kind, name=value(label), namespace=space)
        for label, api, kind in _NAMESPACED
        if value(label) and space
    ]
    found += [Subject(estate=estate, api_version=api, kind=kind, name=value(label)) for label, api, kind in _CLUSTER_WIDE if value(label)]
    found += [Subject(estate=estate, api_version=HOST_API, kind=UNIT, name=unit) for unit in [value("name")] if _UNIT.fullmatch(unit)]
    # The address that was scraped says which machine it is only where the machine has that very name.
    host = _PORT.sub("", value("instance"))
    hosts = [host] if host else []
    found += [Subject(estate=estate, api_version="v1", kind="Node", name=name) for name in hosts]
    found += [Subject(estate=estate, api_version=HOST_API, kind="Host", name=name) for name in hosts]
    return (*found, *([Subject(estate=estate, api_version="v1", kind="Namespace", name=space)] if space else []))


def is_certain(subject: Subject) -> bool:
    """Whether labels say by their own name that they are about such an object, so that it is named even where nobody knows it."""
    return subject.kind in _CERTAIN


def about(alert: Alert, estate: str) -> Subject:
    """What the alert is about where nobody knows its object: the first that labels name for certain, else the alert itself."""
    named = next((subject for subject in candidates(alert.labels, estate) if is_certain(subject)), None)
    return named or Subject(estate=estate, api_version="stead/v1", kind="Alert", name=alert.name[:200])


def label_of(kind: str) -> str:
    """The label that names an object of this kind, "" where none does: Deployment → `deployment`, Unit → `name`, Host → `instance`."""
    return _LABELS.get(kind.strip().lower(), "")


HOST_API, UNIT = "host.stead/v1", "Unit"
_PORT = re.compile(r":\d+$")
_UNIT = re.compile(r"[\w@.:\\-]{1,240}\.(service|socket|timer|mount|target|path|slice|scope)", re.ASCII)

_NAMESPACED = (
    ("deployment", "apps/v1", "Deployment"),
    ("statefulset", "apps/v1", "StatefulSet"),
    ("daemonset", "apps/v1", "DaemonSet"),
    ("cronjob", "batch/v1", "CronJob"),
    ("job_name", "batch/v1", "Job"),
    ("horizontalpodautoscaler", "autoscaling/v2", "HorizontalPodAutoscaler"),
    ("poddisruptionbudget", "policy/v1", "PodDisruptionBudget"),
    ("persistentvolumeclaim", "v1", "PersistentVolumeClaim"),
    ("ingress", "networking.k8s.io/v1", "Ingress"),
    ("replicaset", "apps/v1", "ReplicaSet"),
    ("pod", "v1", "Pod"),
)
_CLUSTER_WIDE = (("persistentvolume", "v1", "PersistentVolume"), ("node", "v1", "Node"))
_LABELS = {kind.lower(): label for label, _, kind in (*_NAMESPACED, *_CLUSTER_WIDE)} | {"unit": "name", "host": "instance"}
_CERTAIN = frozenset({"Namespace", *(kind for _, _, kind in (*_NAMESPACED, *_CLUSTER_WIDE))})
