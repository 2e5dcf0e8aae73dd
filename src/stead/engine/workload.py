"""The workload of a pod, by its chain of controllers: what a cap on its share is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from stead.domain.subject import Subject
from stead.ports import Estate, Object


async def workload_of(estate: Estate, subject: Subject, live: Object | None) -> tuple[str, int]:
    """`Deployment payments/api` and how many pods it wants, 0 where it does not say; ("", 0) for what is no pod or nobody's."""
    if subject.kind != "Pod" or subject.group:
        return "", 0
    owner, name, wants = _controller(live), "", 0
    while owner is not None:
        name = f"{owner['kind']} {subject.namespace}/{owner['name']}"
        of_pod = replace(subject, api_version=str(owner["apiVersion"]), kind=str(owner["kind"]), name=str(owner["name"]), uid="")
        above = await estate.read(of_pod)
        wants = _number(above)
        owner = _controller(above) if of_pod.kind == "ReplicaSet" else None
    return name, wants


def node_of(subject: Subject, live: Object | None) -> str:
    """The node on which a pod is; "" for what is no pod, or is nowhere yet."""
    found = _mapping((live or {}).get("spec")).get("nodeName")
    return found if isinstance(found, str) and subject.kind == "Pod" and not subject.group else ""


def _controller(live: Object | None) -> Mapping[str, Any] | None:
    owners: Any = _mapping((live or {}).get("metadata")).get("ownerReferences")
    listed = [_mapping(one) for one in owners] if isinstance(owners, list) else []  # pyright: ignore[reportUnknownVariableType]
    return next((one for one in listed if one.get("controller") is True and {"apiVersion", "kind", "name"} <= one.keys()), None)


def _number(live: Object | None) -> int:
    found = _mapping((live or {}).get("spec")).get("replicas")
    return found if isinstance(found, int) else 0


def _mapping(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}
