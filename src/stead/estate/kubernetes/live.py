"""Reading a live object as the API gives it, whatever is missing from it, and what identifies it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, cast

from stead.domain.action import RESTLESS, ActionRequest, Precondition
from stead.domain.subject import Subject
from stead.ports import Object


def at(given: Any, *path: str) -> Any:
    """The value under these keys; None where any of them is missing, or leads through something that has no keys."""
    for key in path:
        if not isinstance(given, Mapping):
            return None
        given = cast("Mapping[str, Any]", given).get(key)
    return given


def text(given: Any, *path: str) -> str:
    """The text under these keys, "" where there is none."""
    found = at(given, *path)
    return found if isinstance(found, str) else ""


def number(given: Any, *path: str, default: int = 0) -> int:
    """The whole number under these keys, `default` where there is none."""
    found = at(given, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def items(given: Any, *path: str) -> list[Object]:
    """The objects of the list under these keys; what is no object is passed over."""
    found = at(given, *path)
    if not isinstance(found, list):
        return []
    return [cast("Object", item) for item in cast("list[Any]", found) if isinstance(item, Mapping)]


def texts(given: Any, *path: str) -> list[str]:
    """The texts of the list under these keys; what is no text is passed over."""
    found = at(given, *path)
    return [item for item in cast("list[Any]", found) if isinstance(item, str)] if isinstance(found, list) else []


_NOTHING: Object = {}


def condition(given: Any, kind: str) -> Object:
    """The status condition of this type, {} where there is none."""
    return next((c for c in items(given, "status", "conditions") if text(c, "type") == kind), _NOTHING)


def controller(given: Any) -> Object:
    """The owner reference that says `controller: true`, {} where there is none."""
    return next((o for o in items(given, "metadata", "ownerReferences") if at(o, "controller") is True), _NOTHING)


def precondition(given: Object) -> Precondition:
    """This very object with its spec as it is; without a generation where that does not tell of the spec."""
    generation = 0 if text(given, "kind") in RESTLESS else number(given, "metadata", "generation")
    return Precondition(uid=text(given, "metadata", "uid"), generation=generation)


def moved(request: ActionRequest, live: Object | None) -> str:
    """Why the object is no longer the one that the request was decided on, "" when it is."""
    subject, wanted = request.subject, request.precondition
    if live is None:
        return f"{subject} does not exist any more"
    if text(live, "metadata", "uid") != wanted.uid:
        return f"{subject} was replaced by another object of that name"
    generation = number(live, "metadata", "generation")
    if wanted.generation and generation != wanted.generation:
        return f"the spec of {subject} has changed: decided on generation {wanted.generation}, now {generation}"
    return ""


def kubectl(subject: Subject, *words: str) -> str:
    """The line that a person pastes: `kubectl -n payments rollout restart deployment/api`. Each word is quoted where a shell needs it."""
    namespace = ("-n", subject.namespace) if subject.namespace else ()
    return shlex.join(("kubectl", *namespace, *words))


def handle(subject: Subject) -> str:
    """`deployment/api`, as kubectl takes an object."""
    return f"{subject.kind.lower()}/{subject.name}"
