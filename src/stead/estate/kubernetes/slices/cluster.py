"""Nodes and namespaces, and the names that pods may ask for."""

from __future__ import annotations

from msgspec import field

from stead.estate.kubernetes.slices.meta import Conditions, Object, Slice, Time


class Taint(Slice, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: Time | None = None

    def __str__(self) -> str:
        """As `kubectl taint` writes it."""
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


class NodeSpec(Slice, frozen=True):
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeInfo(Slice, frozen=True):
    kubelet_version: str = ""


class NodeStatus(Slice, frozen=True):
    conditions: Conditions = ()
    node_info: NodeInfo = NodeInfo()
    allocatable: dict[str, str] = field(default_factory=dict[str, str])


class Node(Object, frozen=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class NamespaceStatus(Slice, frozen=True):
    phase: str = ""
    conditions: Conditions = ()


class Namespace(Object, frozen=True):
    status: NamespaceStatus = NamespaceStatus()


class PriorityClass(Object, frozen=True):
    """Read for its name alone."""


class RuntimeClass(Object, frozen=True):
    """Read for its name alone."""


class ServiceAccount(Object, frozen=True):
    """Read for its name alone: what its tokens may do is nobody's business here."""
