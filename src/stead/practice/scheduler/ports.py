"""Ports of the machine itself: NodePorts. Source: `plugins/nodeports/node_ports.go`, `framework/types.go` (HostPortInfo)."""

from __future__ import annotations

from stead.practice.objects import Obj, each
from stead.practice.scheduler.board import Board
from stead.practice.scheduler.room import Misfit

_ANY = "0.0.0.0"  # noqa: S104  (compared with, never listened on)


def host_ports(pod: Obj) -> list[tuple[str, str, int]]:
    """Address, protocol and number of each port that the pod takes on its node."""
    containers = [*pod["spec"]["containers"], *(c for c in each(pod["spec"], "initContainers") if c.get("restartPolicy") == "Always")]
    return [
        (port.get("hostIP") or _ANY, port.get("protocol") or "TCP", port["hostPort"])
        for container in containers
        for port in each(container, "ports")
        if port.get("hostPort")
    ]


def misfits(board: Board, wanted: list[tuple[str, str, int]], node: str) -> list[Misfit]:
    if not wanted:
        return []
    taken = [port for pod in board.pods_on(node) for port in host_ports(pod)]
    if any(_clash(mine, theirs) for mine in wanted for theirs in taken):
        return [Misfit("node(s) didn't have free ports for the requested pod ports", False)]
    return []


def _clash(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    return one[1:] == other[1:] and (one[0] == other[0] or _ANY in (one[0], other[0]))
