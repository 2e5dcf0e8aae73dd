"""Planned work: whether what an action is about lies under a maintenance window in which Stead is not to act by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from stead.domain.muting import OBJECT_LABELS, labels_of
from stead.engine.journey import Journey
from stead.engine.pursue import Proposal
from stead.store import findings

RULE = "maintenance"
"""The rule that decisions name within a maintenance window."""


def planned(connection: sa.Connection, journey: Journey, proposal: Proposal) -> str:
    """The window that is open over the fault, the action's target, or the node of it, as a sentence; "" for none."""
    now = journey.now()
    holding = [window for window in journey.windows if not window.acts and window.holds(now)]
    about = list(_about(connection, proposal)) if holding else []
    for window in holding:
        if any(window.matchers.match(labels) for labels in about):
            until = f" until {ends:%Y-%m-%d %H:%M} UTC" if (ends := window.ends(now)) else ""
            return f"the maintenance window {window.name} is open{until} ({window.comment or 'planned work'})"
    return ""


def _about(connection: sa.Connection, proposal: Proposal) -> Iterator[Mapping[str, str]]:
    stored = findings.find(connection, proposal.request.fingerprint)
    if stored is not None:
        yield labels_of(stored.finding)
    subject, check = proposal.request.subject, proposal.request.check
    owner_kind, _, owner = proposal.request.part_of.partition(" ")
    own, namespace = OBJECT_LABELS
    yield {
        **{f"{own}{name}": value for name, value in proposal.workload_labels.items()},
        **{f"{namespace}{name}": value for name, value in proposal.labels.items()},
        "estate": subject.estate,
        "check": check,
        "alertname": check,
        "kind": subject.kind,
        "namespace": subject.namespace,
        "name": subject.name,
        "owner_kind": owner_kind or subject.kind,
        "owner": owner.rpartition("/")[2] or subject.name,
    }
    if proposal.node:
        yield {
            "estate": subject.estate,
            "kind": "Node",
            "namespace": "",
            "name": proposal.node,
            "owner_kind": "Node",
            "owner": proposal.node,
        }
