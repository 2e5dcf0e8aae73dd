"""What other checks ask of a node."""

from __future__ import annotations

from stead.checks.kubernetes.common import is_true
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Node
from stead.estate.kubernetes.view import View


def unwell(name: str, view: View) -> tuple[Subject, ...]:
    """The node of that name, where it is gone or not ready: then what is said of things on it is old. Nothing where it is well."""
    if not name or not view.knows(Node):
        return ()
    node = view.get(Node, "", name)
    if node is not None and is_true(node.status.conditions, "Ready"):
        return ()
    return (view.named(Node, "", name),)
