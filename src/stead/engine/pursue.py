"""Pursue: one segment of work on an incident. Playbooks are asked what they would do; nothing is done here, it is only proposed.

Playbooks are asked in the order of their rank, and the first that fits speaks. What a model proposes will come in by the same door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from stead.domain.action import ActionRequest, ActionState
from stead.domain.backup import Backup
from stead.domain.errors import BlindError, TemporaryError
from stead.domain.finding import Finding, FindingState
from stead.domain.incident import IncidentState
from stead.domain.subject import Key, Subject
from stead.domain.woke import Woke, woke
from stead.engine.journey import Journey
from stead.engine.workload import node_of, workload_of
from stead.ports import Estate
from stead.store import actions, findings, incidents

Remedy = tuple[str, Key]
"""A verb and its target, whatever the parameters: going back to revision 2 and to revision 1 are two tries of one remedy."""

_WORKABLE = (IncidentState.OPEN, IncidentState.INVESTIGATING, IncidentState.ESCALATED, IncidentState.AWAITING_APPROVAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A request with what policy may want to know of its target: the namespace's labels, and the object's own.

    `whole` is how many pods its workload wants, where it is about one of them; `preview` what would change, a line each.
    `kept_by` says who keeps the object as Git has it, "" for nobody. `node` is where a pod is. `backups` are the last ones of the volumes
    that it uses, where the action cannot be taken back.
    """

    request: ActionRequest
    labels: Mapping[str, str]
    workload_labels: Mapping[str, str]
    whole: int = 0
    preview: tuple[str, ...] = ()
    kept_by: str = ""
    node: str = ""
    backups: tuple[Backup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What one segment came to. `blind` says why it could not look, and that it has to be tried again;
    `nothing` why nothing is proposed."""

    made: tuple[Proposal, ...] = ()
    blind: str = ""
    nothing: str = ""


async def propose(journey: Journey, number: int) -> Proposals:
    """Ask the playbooks. Reads the estate, changes nothing."""
    open_findings = await journey.store.run(workable, number)
    failed = await journey.store.run(without_proof, number)
    if not open_findings:
        return Proposals()
    estate = journey.estates.get(open_findings[0].subject.estate)
    if estate is None:
        return Proposals()
    try:
        requests = await _first_that_fits(journey, estate, open_findings, failed)
        if not requests:
            return Proposals(nothing=_why_nothing(journey, open_findings))
        by = await journey.store.run(woken_by, number)
        return Proposals(made=tuple([await with_labels(journey, estate, replace(request, trigger=by)) for request in requests]))
    except (BlindError, TemporaryError) as error:
        return Proposals(blind=str(error))


def _why_nothing(journey: Journey, open_findings: Sequence[Finding]) -> str:
    checks = {finding.check for finding in open_findings}
    asked = [playbook.name for playbook in journey.playbooks if playbook.checks & checks]
    if asked:
        return f"{', '.join(sorted(asked))} looked at it, and had nothing to propose"
    return f"no playbook knows {', '.join(sorted(checks))}"


def workable(connection: sa.Connection, number: int) -> list[Finding]:
    """The firing findings of an incident that may be worked on now; none while a mute forbids that, or something is under way
    already."""
    incident = incidents.get(connection, number)
    if incident.state not in _WORKABLE or not all(mute.acts for mute in incident.muted):
        return []
    if any(not stored.action.state.ended for stored in actions.of_incident(connection, number)):
        return []
    stored = findings.of_incident(connection, number)
    return [s.finding for s in stored if s.closed_at is None and s.finding.state is FindingState.FIRING]


def woken_by(connection: sa.Connection, number: int, asked_by: str = "") -> Woke:
    """What set the work on the incident going: whoever asked for it, else what was first known of what is wrong now."""
    if asked_by:
        return Woke.PERSON
    known = [stored for stored in findings.of_incident(connection, number) if stored.closed_at is None]
    first = min(known, key=lambda stored: stored.opened_at, default=None)
    return Woke.CHECK if first is None else woke(first.finding.check)


def without_proof(connection: sa.Connection, number: int) -> frozenset[Remedy]:
    """What was done for this incident, in any episode of it, and did not help: it is not proposed again, a person has to look."""
    ended = (ActionState.UNPROVEN, ActionState.UNKNOWN)
    return frozenset(_remedy(s.action.request) for s in actions.of_incident(connection, number) if s.action.state in ended)


def _remedy(request: ActionRequest) -> Remedy:
    return (request.verb, request.subject.key)


async def _first_that_fits(
    journey: Journey, estate: Estate, open_findings: Sequence[Finding], failed: frozenset[Remedy]
) -> Sequence[ActionRequest]:
    checks = {finding.check for finding in open_findings}
    for playbook in sorted(journey.playbooks, key=lambda p: (p.rank, p.name)):
        if playbook.checks & checks:
            requests = await playbook.propose(open_findings, estate, journey.now())
            if fresh := [request for request in requests if _remedy(request) not in failed]:
                return fresh
    return ()


async def with_labels(journey: Journey, estate: Estate, request: ActionRequest) -> Proposal:
    """The request with the labels of its target and namespace, and who keeps the target as Git has it, read live."""
    subject = request.subject
    own = await estate.read(subject)
    namespace = None
    if subject.namespace:
        namespace = await estate.read(Subject(estate=estate.id, api_version="v1", kind="Namespace", name=subject.namespace))
    part_of, whole = await workload_of(estate, subject, own)
    kept_by = await journey.kept_by(estate, own) if own is not None else ""
    verb = journey.verbs.get(request.verb)
    final = own is not None and verb is not None and not verb.reversible
    return Proposal(
        request=replace(request, part_of=part_of),
        labels=_labels(namespace),
        workload_labels=_labels(own),
        whole=whole,
        kept_by=kept_by,
        node=node_of(subject, own),
        backups=await journey.backups_of(estate, own) if final and own is not None else (),
    )


def _labels(found: Mapping[str, object] | None) -> Mapping[str, str]:
    metadata = (found or {}).get("metadata")
    labels: object = metadata.get("labels") if isinstance(metadata, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return {str(k): str(v) for k, v in labels.items()} if isinstance(labels, Mapping) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportUnknownVariableType]
