"""NetworkPolicies: whether traffic from a pod to another one, or to an address outside, is let through on both sides.

Source: the API reference of NetworkPolicy: a pod that no policy selects for a direction lets all through; one that is selected lets
through what any rule of any such policy names.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from stead.practice.objects import Obj, each, inside, namespace_of
from stead.practice.selectors import selects
from stead.practice.world import World

_POLICIES = "networkpolicies.networking.k8s.io"


@dataclass(frozen=True, slots=True)
class _Door:
    """One side of a connection: `mine` is guarded, `peer` (a pod, or an address) is at the other end."""

    mine: Obj
    peer: Obj | str
    direction: str
    """Ingress or Egress, as seen by `mine`."""
    port: int
    protocol: str
    server: Obj | str
    """The end that listens: names of ports are its."""


def passes(world: World, source: Obj, target: Obj | str, port: int, protocol: str = "TCP") -> bool:
    """Whether `source` may talk to `target` (a pod, or an IP address) on its port."""
    leaves = _open(world, _Door(source, target, "Egress", port, protocol, target))
    return leaves and (isinstance(target, str) or _open(world, _Door(target, source, "Ingress", port, protocol, target)))


def _open(world: World, door: _Door) -> bool:
    applying = [
        policy["spec"]
        for policy in world.store.list(_POLICIES, namespace_of(door.mine))
        if selects(policy["spec"].get("podSelector") or {}, door.mine) and door.direction in _directions(policy["spec"])
    ]
    return not applying or any(_lets(world, rule, door) for spec in applying for rule in each(spec, door.direction.lower()))


def _directions(spec: Obj) -> list[str]:
    return each(spec, "policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def _lets(world: World, rule: Obj, door: _Door) -> bool:
    peers = each(rule, "from" if door.direction == "Ingress" else "to")
    return _port_fits(each(rule, "ports"), door) and (not peers or any(_is(world, peer, door) for peer in peers))


def _port_fits(ports: list[Obj], door: _Door) -> bool:
    return not ports or any(item.get("protocol", "TCP") == door.protocol and _number_fits(item, door) for item in ports)


def _number_fits(item: Obj, door: _Door) -> bool:
    wanted = item.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return wanted in _names(door.server, door.port)
    return wanted <= door.port <= item.get("endPort", wanted)


def _names(server: Obj | str, port: int) -> list[str]:
    if isinstance(server, str):
        return []
    declared = [item for container in server["spec"]["containers"] for item in each(container, "ports")]
    return [item["name"] for item in declared if item.get("containerPort") == port and "name" in item]


def _is(world: World, peer: Obj, door: _Door) -> bool:
    other = door.peer
    if block := peer.get("ipBlock"):
        address = other if isinstance(other, str) else inside(other, "status").get("podIP", "")
        return _within(address, block)
    if isinstance(other, str):
        return False
    if "namespaceSelector" in peer:
        namespace = world.store.get("namespaces", "", namespace_of(other))
        if namespace is None or not selects(peer["namespaceSelector"] or {}, _named(namespace)):
            return False
    elif namespace_of(other) != namespace_of(door.mine):
        return False
    return "podSelector" not in peer or selects(peer["podSelector"] or {}, other)


def _named(namespace: Obj) -> Obj:
    """With the label that every namespace has had since 1.22."""
    meta = namespace["metadata"]
    return {"metadata": {"labels": {"kubernetes.io/metadata.name": meta["name"], **inside(meta, "labels")}}}


def _within(address: str, block: Obj) -> bool:
    if not address:
        return False
    here = ipaddress.ip_address(address)
    return here in ipaddress.ip_network(block["cidr"]) and all(here not in ipaddress.ip_network(cut) for cut in each(block, "except"))
