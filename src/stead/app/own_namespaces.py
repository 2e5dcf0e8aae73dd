"""Which namespaces of a cluster are Stead's own: it never changes anything there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stead.domain.never import OWN_NAMESPACES

_MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Where a pod finds its namespace (Kubernetes: Accessing the API from a pod)."""

VARIABLE = "POD_NAMESPACE"


def own_namespaces(environ: Mapping[str, str], mounted: Path = _MOUNTED) -> frozenset[str]:
    """The usual one, the one that the environment names, and the one of the pod in which this runs."""
    try:
        here = mounted.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        here = ""
    return OWN_NAMESPACES | {name for name in (environ.get(VARIABLE, ""), here) if name}
