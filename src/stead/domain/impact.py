"""How bad an incident is: what is down, and for how many. Severity follows that, up and down.

A check says how bad its own fault is (all replicas down, or one of three). What only shows in the whole is added here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stead.domain.chain import owner
from stead.domain.finding import Finding, Severity
from stead.domain.grouping import Group
from stead.domain.matching import Matchers
from stead.domain.muting import labels_of

WIDE = 5
"""Workloads that one cause takes down together from which on it is critical, though each of them may have replicas left."""

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
"""The static pods of kubeadm's control plane, by the beginning of their names, in kube-system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """A person's own weight: what `matchers` match is `at_least` that severe, or `at_most`."""

    name: str
    matchers: Matchers
    at_least: Severity | None = None
    at_most: Severity | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    severity: Severity
    why: str


def weigh(group: Group, rules: Sequence[SeverityRule] = ()) -> Impact:
    """How severe this group is, and why: the worst that a check says, what is wide or central, then a person's rules in their order."""
    worst = max(group.findings, key=lambda finding: finding.severity.rank)
    impact = Impact(worst.severity, f"{worst.check} says {worst.severity} of {owner(worst)}")
    if impact.severity is Severity.WARNING:
        impact = _wide(group) or _central(group) or impact
    for rule in rules:
        impact = _by(rule, group, impact)
    return impact


def _wide(group: Group) -> Impact | None:
    affected = {owner(finding).key for finding in group.symptoms if finding.severity is not Severity.INFO}
    if len(affected) < WIDE:
        return None
    return Impact(Severity.CRITICAL, f"{len(affected)} workloads and services suffer from it")


def _central(group: Group) -> Impact | None:
    central = next((finding for finding in group.findings if _is_control_plane(finding)), None)
    return None if central is None else Impact(Severity.CRITICAL, f"{central.subject} is part of the control plane")


def _is_control_plane(finding: Finding) -> bool:
    subject = finding.subject
    return subject.namespace == "kube-system" and subject.kind == "Pod" and subject.name.startswith(CONTROL_PLANE)


def _by(rule: SeverityRule, group: Group, before: Impact) -> Impact:
    matching = [rule.matchers.match(labels_of(finding)) for finding in group.findings]
    if rule.at_least is not None and any(matching) and before.severity.rank < rule.at_least.rank:
        return Impact(rule.at_least, f"rule {rule.name} says at least {rule.at_least}")
    if rule.at_most is not None and all(matching) and before.severity.rank > rule.at_most.rank:
        return Impact(rule.at_most, f"rule {rule.name} says at most {rule.at_most}")
    return before
