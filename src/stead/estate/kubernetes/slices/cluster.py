"""Nodes and namespaces."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Conditions, Object, Slice


class NodeSpec(Slice, frozen=True):
    unschedulable: bool = False


class NodeStatus(Slice, frozen=True):
    conditions: Conditions = ()


class Node(Object, frozen=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Namespace(Object, frozen=True):
    """Read for its name alone."""
