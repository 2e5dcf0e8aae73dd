"""The two identities that Stead has in a practice cluster: what its checks watch, and what its verbs do. Nothing more, and no Secrets."""

from __future__ import annotations

from pathlib import Path

from stead.app.discover import Shelves, shelves
from stead.estate.kubernetes.kinds import KINDS
from stead.practice.cluster import PracticeCluster
from stead.practice.objects import Obj

READER, WRITER = "stead-reads", "stead-writes"
_LOOK = ["get", "list", "watch"]


def give_roles(cluster: PracticeCluster) -> tuple[Path, Path]:
    """Make both users; the kubeconfig of each, first the one that reads."""
    read = read_rules()
    cluster.user(READER, read)
    cluster.user(WRITER, [*read, *write_rules(shelves())])
    return cluster.kubeconfig(READER), cluster.kubeconfig(WRITER)


def read_rules() -> list[Obj]:
    kinds = [{"apiGroups": [kind.group], "resources": [kind.plural], "verbs": _LOOK} for kind in KINDS]
    logs = {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}
    revisions = {"apiGroups": ["apps"], "resources": ["controllerrevisions"], "verbs": _LOOK}
    return [*kinds, {"apiGroups": [""], "resources": ["events"], "verbs": _LOOK}, logs, revisions]


def write_rules(found: Shelves) -> list[Obj]:
    verbs = [verb for _, verb in sorted(found.verbs.items())]
    return [{"apiGroups": [rule.group], "resources": [rule.resource], "verbs": list(rule.verbs)} for verb in verbs for rule in verb.rbac]
