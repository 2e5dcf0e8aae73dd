"""Which network policy keeps one pod from another, by the API reference (NetworkPolicySpec). Pure.

A pod that no policy selects in a direction may talk to everybody in it; one that is selected may do what any of those policies lets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stead.estate.kubernetes.selecting import selects
from stead.estate.kubernetes.slices import Namespace, NetworkPolicy, Pod
from stead.estate.kubernetes.slices.network import PolicyPeer, PolicyPort, PolicyRule
from stead.estate.kubernetes.view import View

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace carries (API reference, Namespace)."""


def blocking(view: View, source: Pod, target: Pod, port: int, protocol: str = "TCP") -> NetworkPolicy | None:
    """The policy for which `source` does not reach `port` of `target`: the newest of those that select the pod. None where it may."""
    return _closed(view, source, target, port, protocol, "Egress") or _closed(view, target, source, port, protocol, "Ingress")


def _closed(view: View, pod: Pod, peer: Pod, port: int, protocol: str, direction: str) -> NetworkPolicy | None:
    target = peer if direction == "Egress" else pod
    policies = [policy for policy in view.all(NetworkPolicy, pod.metadata.namespace) if _isolates(policy, pod, direction)]
    if any(_lets(rule, peer, target, port, protocol, policy, view) for policy in policies for rule in _rules(policy, direction)):
        return None
    return max(policies, key=_made, default=None)


def _isolates(policy: NetworkPolicy, pod: Pod, direction: str) -> bool:
    """Unset, `policyTypes` is Ingress, and Egress too where there are egress rules."""
    spec = policy.spec
    types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
    return direction in types and selects(spec.pod_selector, pod.metadata.labels)


def _rules(policy: NetworkPolicy, direction: str) -> Iterator[tuple[PolicyRule, tuple[PolicyPeer, ...]]]:
    for rule in policy.spec.egress if direction == "Egress" else policy.spec.ingress:
        yield rule, rule.to if direction == "Egress" else rule.from_


def _lets(
    found: tuple[PolicyRule, tuple[PolicyPeer, ...]], peer: Pod, target: Pod, port: int, protocol: str, policy: NetworkPolicy, view: View
) -> bool:
    rule, peers = found
    fits = not peers or any(_is_peer(one, peer, policy.metadata.namespace, view) for one in peers)
    return fits and (not rule.ports or any(_is_port(one, target, port, protocol) for one in rule.ports))


def _is_peer(peer: PolicyPeer, pod: Pod, namespace: str, view: View) -> bool:
    if peer.ip_block is not None:
        return True  # its address may be in it: nobody is accused on a guess
    home = pod.metadata.namespace
    near = home == namespace if peer.namespace_selector is None else selects(peer.namespace_selector, _labels(view, home))
    return near and (peer.pod_selector is None or selects(peer.pod_selector, pod.metadata.labels))


def _labels(view: View, namespace: str) -> Mapping[str, str]:
    found = view.get(Namespace, "", namespace)
    return {NAMESPACE_NAME: namespace} | (found.metadata.labels if found is not None else {})


def _is_port(entry: PolicyPort, target: Pod, port: int, protocol: str) -> bool:
    if (entry.protocol or "TCP") != protocol:
        return False
    if entry.port is None:
        return True
    if isinstance(entry.port, str):
        return any(one.name == entry.port and one.container_port == port for c in target.spec.containers for one in c.ports)
    return entry.port <= port <= (entry.end_port or entry.port)


def _made(policy: NetworkPolicy) -> tuple[str, str]:
    made = policy.metadata.creation_timestamp
    return ("" if made is None else made.isoformat(), policy.metadata.name)
