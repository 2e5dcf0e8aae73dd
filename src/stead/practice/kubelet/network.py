"""Whether a pod reaches another: by name, Service, ready endpoint, open port, and the network policies of both sides.

Promise: looks at the present state only, and answers in the words of a Go program's dialer (`net.OpError`). Names are resolved by the
pods behind the Service kube-system/kube-dns; a cluster without one has its names resolved elsewhere, which always works.
"""

from __future__ import annotations

from stead.practice.kubelet.policies import passes
from stead.practice.objects import Obj, each, inside, namespace_of
from stead.practice.world import World

DNS_ADDRESS = "10.96.0.10"
OUTSIDE = "203.0.113.10"
"""Where every name outside the cluster leads (a documentation address, RFC 5737)."""

_SLICES = "endpointslices.discovery.k8s.io"


def problem(world: World, pod: Obj, target: str) -> str:
    """Why the pod cannot reach `target` (`name:port`, `name.namespace:port`); empty when it can."""
    host, _, port_text = target.rpartition(":")
    port = int(port_text)
    dns = _dns_problem(world, pod, host)
    if dns:
        return dns
    name, namespace = _place(pod, host)
    if world.store.get("namespaces", "", namespace) is None:  # somebody else's name: outside the cluster
        return "" if passes(world, pod, OUTSIDE, port) else f"dial tcp {OUTSIDE}:{port}: i/o timeout"
    service = world.store.get("services", namespace, name)
    if service is None:
        return f"dial tcp: lookup {host} on {DNS_ADDRESS}:53: no such host"
    return _service_problem(world, pod, service, port)


def _place(pod: Obj, host: str) -> tuple[str, str]:
    name, _, rest = host.partition(".")
    return name, rest.partition(".")[0] if rest else namespace_of(pod)


def _dns_problem(world: World, pod: Obj, host: str) -> str:
    server = world.store.get("services", "kube-system", "kube-dns")
    if server is None:
        return ""
    why = _service_problem(world, pod, server, 53, "UDP")
    if not why:
        return ""
    source = inside(pod, "status").get("podIP", "")
    end = "connection refused" if why.endswith("refused") else "i/o timeout"
    return f"dial tcp: lookup {host} on {DNS_ADDRESS}:53: read udp {source}->{DNS_ADDRESS}:53: {end}"


def _service_problem(world: World, pod: Obj, service: Obj, port: int, protocol: str = "TCP") -> str:
    entry = next((item for item in each(service["spec"], "ports") if item["port"] == port), None)
    address = service["spec"].get("clusterIP")
    if entry is None:
        return f"dial tcp {address}:{port}: i/o timeout"
    found = _endpoints(world, service, entry)
    if not found:
        return f"dial tcp {address}:{port}: connect: connection refused"  # kube-proxy rejects for a service without endpoints
    problems = [_endpoint_problem(world, pod, other, number, address, port, protocol) for other, number in found]
    return "" if "" in problems else problems[0]


def _endpoints(world: World, service: Obj, entry: Obj) -> list[tuple[Obj, int]]:
    """The pods that stand ready behind a port of a service, each with its own number of that port."""
    found: list[tuple[Obj, int]] = []
    for piece in world.store.list(_SLICES, namespace_of(service)):
        if inside(piece, "metadata", "labels").get("kubernetes.io/service-name") != service["metadata"]["name"]:
            continue
        number = next((p["port"] for p in each(piece, "ports") if p.get("name", "") == entry.get("name", "")), None)
        for endpoint in each(piece, "endpoints"):
            other = world.store.get("pods", namespace_of(service), inside(endpoint, "targetRef").get("name", ""))
            if number is not None and other is not None and endpoint["conditions"].get("ready"):
                found.append((other, number))
    return found


def _endpoint_problem(world: World, pod: Obj, other: Obj, number: int, address: str | None, port: int, protocol: str) -> str:
    if not passes(world, pod, other, number, protocol):
        return f"dial tcp {address}:{port}: i/o timeout"
    open_ports = [world.images.of(container["image"]).listens for container in other["spec"]["containers"]]
    if all(ports and number not in ports for ports in open_ports):
        return f"dial tcp {address}:{port}: connect: connection refused"
    return ""
