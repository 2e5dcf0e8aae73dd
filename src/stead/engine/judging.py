"""What may be done about a proposal at this moment: the strictest of *never*, the stop switch, policy, autonomy, caps and blindness.

It is asked when an action is decided on, and again in the transaction that writes its intent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from stead.declare import Verb
from stead.domain import approvers, backup, never
from stead.domain.alert import heard
from stead.domain.approvers import Approvers
from stead.domain.finding import Finding, FindingState
from stead.domain.invariants import broken
from stead.domain.limits import DAY, Wanted, held
from stead.domain.parameter import wrong
from stead.domain.policy import ActionFacts, Decision, Verdict
from stead.engine import planned
from stead.engine.journey import Journey
from stead.engine.pursue import Proposal
from stead.store import actions, findings, switch

STOP = "stop"
"""The rule that decisions name while Stead is stopped."""

GITOPS = "kept-in-git"
"""The rule that decisions name where a controller would take the change back."""

BLIND = "blind"
_SIGHT = ("kubernetes-api", "pods", "nodes")
"""Blindness about these leaves nobody who could say what an action did."""


def judge(connection: sa.Connection, journey: Journey, proposal: Proposal, *, undoes: bool = False) -> Decision:
    """The decision of this moment, with the ids of what decided. What takes a change back is not held up by caps."""
    request = proposal.request
    verb = journey.verbs.get(request.verb)
    if verb is None:
        return Decision(verdict=Verdict.DENY, why=f"there is no action {request.verb}")
    if why := never.forbidden(request.subject, journey.own_namespaces):
        return Decision(verdict=Verdict.DENY, rules=(never.RULE,), why=why)
    if why := wrong(verb.parameters, request.parameters):
        return Decision(verdict=Verdict.DENY, why=why)
    if (now_stopped := switch.stopped(connection)) is not None:
        return Decision(verdict=Verdict.DENY, rules=(STOP,), why=str(now_stopped))
    if heard(request.check):
        return Decision(verdict=Verdict.DENY, why=f"only an alert says so ({request.check}): no check of Stead's own confirms it")
    if verb.told_only:
        return Decision(verdict=Verdict.DENY, why=verb.told_only)
    seen = facts(connection, journey, proposal, verb)
    decision = journey.policy().decide(seen)
    decision = journey.autonomy.of(verb.name).cap(decision) if request.by_model else decision
    if not undoes and decision.verdict is Verdict.ALLOW:
        decision = _held_up(connection, journey, proposal, decision)
    if decision.verdict is not Verdict.NEEDS_APPROVAL:
        return decision
    return replace(decision, people=max(decision.people, approvers.wanted(approvers_of(journey, seen), journey.people)))


def approvers_of(journey: Journey, seen: ActionFacts) -> tuple[Approvers, ...]:
    """Whose yes counts for an action of which rules see this."""
    return approvers.covering(journey.policy().approvers, seen)


def facts(connection: sa.Connection, journey: Journey, proposal: Proposal, verb: Verb) -> ActionFacts:
    """The typed fields that rules may name."""
    request, subject, now = proposal.request, proposal.request.subject, journey.now()
    recent = actions.begun_since(connection, now - DAY)
    within = [one for one in recent if one.estate == subject.estate and (now - one.at).total_seconds() < 3600]
    return ActionFacts(
        verb=request.verb,
        estate=subject.estate,
        kind=subject.kind,
        namespace=subject.namespace,
        name=subject.name,
        check=request.check,
        proposer=request.proposer,
        agent=request.proposer if request.by_model else "",
        trigger=request.trigger,
        risk=verb.risk.value,
        reversible=verb.reversible,
        guess=request.guess,
        tainted=request.tainted,
        doubtful=bool(request.doubt),
        labels=proposal.labels,
        workload_labels=proposal.workload_labels,
        count=len(within),
        at=now,
    )


def facts_of(connection: sa.Connection, journey: Journey, proposal: Proposal) -> ActionFacts | None:
    """The facts to keep with a decision; None for a verb that nobody knows."""
    verb = journey.verbs.get(proposal.request.verb)
    return None if verb is None else facts(connection, journey, proposal, verb)


def _held_up(connection: sa.Connection, journey: Journey, proposal: Proposal, decision: Decision) -> Decision:
    """An *allow* that breaks a limit, or that would be done half blind, asks a person."""
    request, subject = proposal.request, proposal.request.subject
    wanted = Wanted(
        verb=request.verb,
        target=subject.key,
        estate=subject.estate,
        namespace=subject.namespace,
        part_of=request.part_of,
        whole=proposal.whole,
    )
    found = held(wanted, actions.begun_since(connection, journey.now() - DAY), journey.policy().limits, journey.now())
    rules = [one.rule for one in found]
    why = [one.why for one in found]
    if blind := _blind(connection, subject.estate, request.check):
        rules.append(BLIND)
        why.append(blind)
    verb = journey.verbs.get(request.verb)
    if proposal.kept_by and verb is not None and verb.against_git:
        rules.append(GITOPS)
        why.append(f"{proposal.kept_by}: a live change holds until its next sync, and the cure is a commit")
    if window := planned.planned(connection, journey, proposal):
        rules.append(planned.RULE)
        why.append(f"{window}: nothing is done there by itself")
    if lacking := lacking_backup(journey, proposal):
        rules.append(backup.RULE)
        why.append(f"it cannot be taken back, and {lacking}")
    for invariant, finding in broken(journey.policy().invariants, _elsewhere(connection, journey, request.fingerprint)):
        rules.append(f"invariant-{invariant.id}")
        why.append(f"{invariant.id} does not hold: {finding.summary}")
    if not rules:
        return decision
    return Decision(verdict=Verdict.NEEDS_APPROVAL, rules=tuple(sorted(rules)), why="; ".join(why))


def lacking_backup(journey: Journey, proposal: Proposal) -> str:
    """Of which volume that the action touches the last backup is too old, or missing; "" where none is known to be."""
    now, most = journey.now(), journey.policy().limits.backup_age
    return next((why for one in proposal.backups if (why := one.lacks(now, most))), "")


def _elsewhere(connection: sa.Connection, journey: Journey, fingerprint: str) -> list[Finding]:
    """What is wrong now and belongs to another incident than the fault that this action is about."""
    own = findings.find(connection, fingerprint)
    home = own.incident if own is not None else None
    stored = [one for estate in journey.estates for one in findings.open_findings(connection, estate).values()]
    return [one.finding for one in stored if one.incident is None or one.incident != home]


def broken_since(connection: sa.Connection, journey: Journey, fingerprint: str, since: datetime) -> str:
    """The invariant that has broken since an action on this fault began, in a sentence; "" while all hold."""
    invariants = journey.policy().invariants
    if not invariants:
        return ""
    stored = [one for estate in journey.estates for one in findings.open_findings(connection, estate).values()]
    fresh = [one.finding for one in stored if one.opened_at > since and one.finding.fingerprint != fingerprint]
    return next((f"{invariant.id} does not hold any more: {finding.summary}" for invariant, finding in broken(invariants, fresh)), "")


def _blind(connection: sa.Connection, estate: str, check: str) -> str:
    """What of the estate cannot be seen, where it is all of it, or what the check that found the fault looks at."""
    for stored in findings.open_findings(connection, estate).values():
        finding = stored.finding
        if finding.state is FindingState.BLIND and (finding.check in (check, "reach") or finding.subject.name in _SIGHT):
            return f"{finding.summary}: nothing is done by itself while Stead is blind"
    return ""
