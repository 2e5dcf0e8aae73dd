"""What the tools of a cluster share: the way to its reader, and finding a pod by how its name begins."""

from __future__ import annotations

from stead.domain.errors import BlindError
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.kubernetes.live import items, number, text
from stead.estate.kubernetes.reader import Reader
from stead.ports import Estate, Object


def is_cluster(estate: Estate) -> bool:
    return isinstance(estate, KubernetesEstate)


def reader_of(estate: Estate) -> Reader:
    """BlindError for an estate that is no cluster."""
    if not isinstance(estate, KubernetesEstate):
        raise BlindError(f"`{estate.id}` is no cluster", reason="Malformed")
    return estate.reader()


async def pod_named(reader: Reader, namespace: str, name: str) -> str:
    """The pod of that name; else of those whose names begin so, the one that restarted most. ValueError where there is none."""
    pods = await reader.pods(namespace)
    names = [text(pod, "metadata", "name") for pod in pods]
    if name in names:
        return name
    begins = name.rpartition("/")[2]
    fitting = [pod for pod in pods if text(pod, "metadata", "name").startswith(begins)]
    if not fitting:
        raise ValueError(f"there is no pod {namespace}/{name}; there are: {', '.join(names[:20]) or 'none'}")
    return text(max(fitting, key=_restarts), "metadata", "name")


def _restarts(pod: Object) -> int:
    return sum(number(status, "restartCount") for status in items(pod, "status", "containerStatuses"))
