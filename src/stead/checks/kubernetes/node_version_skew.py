"""Nodes whose kubelets are of different versions."""

from __future__ import annotations

import re
from datetime import datetime

from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass
from stead.estate.kubernetes.slices import Node
from stead.estate.kubernetes.view import View

MOST = 1
"""Minor versions that a kubelet may lag behind the newest during an upgrade. Three are supported (Version skew policy)."""

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})")


@check(watches=[Node], class_=FindingClass.HYGIENE)
def node_version_skew(node: Node, view: View, now: datetime) -> Finding | None:  # noqa: ARG001 - versions do not age
    """A node's kubelet is two minor versions or more older than the newest kubelet of the cluster."""
    own = _minor(node)
    newest = max((found for one in view.all(Node) if (found := _minor(one)) is not None), default=None)
    if is_deleted(node) or own is None or newest is None or own[0] != newest[0] or newest[1] - own[1] <= MOST:
        return None
    version = node.status.node_info.kubelet_version
    behind = f"runs kubelet {version}, {newest[1] - own[1]} minor versions behind {newest[0]}.{newest[1]}"
    return opinion(node, view, "KubeletOld", behind, ("kubeletVersion", version, ".status.nodeInfo.kubeletVersion"))


def _minor(node: Node) -> tuple[int, int] | None:
    found = _VERSION.match(node.status.node_info.kubelet_version)
    return (int(found[1]), int(found[2])) if found else None
