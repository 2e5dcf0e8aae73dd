"""A model's remedies become proposals of exact actions: on an object that is there, as it is now, with a finding that must fall quiet.

Promise: what a model names and the estate does not have is not proposed, and is told. All else goes through the door of every proposal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stead.declare import Verb
from stead.domain.action import RESTLESS, ActionRequest, Precondition
from stead.domain.conclusion import Conclusion, Remedy, Target, doubt
from stead.domain.drafting import BY_PROGRAM, SAID, Drafted
from stead.domain.errors import BlindError, TemporaryError
from stead.domain.excerpt import visible
from stead.domain.finding import Finding
from stead.domain.ids import INVESTIGATOR
from stead.domain.model import BrokenOffError
from stead.domain.parameter import wrong
from stead.domain.run import Run, Spent
from stead.domain.subject import Subject
from stead.engine import spending
from stead.engine.journey import Journey
from stead.engine.pursue import Proposal, with_labels
from stead.ports import Estate, Object

MOST_REMEDIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """`made` go to policy; `left_out` says of each other one why it cannot even be asked about.

    `spent` is what a program has cost that wrote one of them, by asking `model`.
    """

    made: tuple[Proposal, ...] = ()
    left_out: tuple[str, ...] = ()
    spent: Spent = field(default_factory=Spent)
    model: str = ""


async def resolve(journey: Journey, run: Run, conclusion: Conclusion, found: Sequence[Finding], *, tainted: bool) -> Resolved:
    """`found` are the open findings of the incident, the cause first. Reads the estate; a program may write one of the proposals."""
    if not found:
        return Resolved()
    home = journey.estates.get(found[0].subject.estate)
    made: list[Proposal] = []
    left_out: list[str] = []
    wrote: Drafted | None = None
    for remedy in conclusion.actions[:MOST_REMEDIES] if home is not None else ():
        verb = journey.verbs.get(remedy.verb)
        estate = home if verb is None or not verb.at else journey.estates.get(verb.at)
        why = _why_not(remedy, verb)
        if not why and verb is not None and estate is not None:
            request, why = await _request(estate, remedy, verb, conclusion, found, tainted=tainted)
            told = _told(journey, request, conclusion, found) if request is not None and verb.prepare is not None else ()
            if request is not None and verb.drafted is not None:
                drafted = await _drafted(journey, run, estate, verb, request, told, wrote)
                request, why = drafted.request, drafted.why_not
                wrote = drafted if drafted.model else wrote
            if request is not None and not why and verb.prepare is not None:
                request, why = await _prepared(estate, verb, request, told)
            if request is not None and not why:
                made.append(await with_labels(journey, estate, request))
        if why:
            left_out.append(f"{remedy.verb[:60]} {remedy.target}: {why}")
    spent, model = (wrote.spent, wrote.model) if wrote is not None else (Spent(), "")
    return Resolved(made=tuple(made), left_out=tuple(left_out), spent=spent, model=model)


async def _drafted(
    journey: Journey, run: Run, estate: Estate, verb: Verb, request: ActionRequest, told: Sequence[str], wrote: Drafted | None
) -> Drafted:
    """The request with what a program wrote into it, which is broken off when its run is ended. One program is run for a conclusion."""
    if verb.drafted is None or BY_PROGRAM not in request.parameters:
        return Drafted(request=request)
    if wrote is not None:
        return Drafted(request=request, why_not="a program has written one proposal already; one is all that it may write at a time")
    drafting = verb.drafted

    async def may(more: Spent) -> str:
        return await journey.store.look(spending.program_out, journey, run, more)

    try:
        drafted = await journey.calls.make(journey.store, run.number, lambda: drafting(request, estate, told, may))
    except (BlindError, TemporaryError, BrokenOffError) as error:
        return Drafted(request=request, why_not=f"it could not be made: {error}")
    given = {name: journey.redact(value) if name == SAID else value for name, value in drafted.request.parameters.items()}
    return replace(drafted, request=replace(drafted.request, parameters=given), why_not=journey.redact(drafted.why_not))


def _told(journey: Journey, request: ActionRequest, conclusion: Conclusion, found: Sequence[Finding]) -> Sequence[str]:
    """What is known of the fault, for people and programs."""
    cause = found[0]
    told = [f"{cause.subject}: {cause.summary}", "", f"Cause: {conclusion.cause}", f"Why this change: {request.reason}"]
    told += [f"Impact: {conclusion.impact}"] if conclusion.impact else []
    told += ["", "Evidence:", *(f"- {claim.claim} ({', '.join(claim.by)})" for claim in conclusion.evidence)]
    told += [f"- {one.what}: {one.value[:300]}" for one in cause.evidence[:5]]
    return [journey.redact(visible(line)) for line in told]


async def _prepared(estate: Estate, verb: Verb, request: ActionRequest, told: Sequence[str]) -> tuple[ActionRequest, str]:
    """The request with what the verb itself fills in, from what is known of the fault."""
    if verb.prepare is None:
        return request, ""
    try:
        return await verb.prepare(request, estate, told)
    except (BlindError, TemporaryError) as error:
        return request, f"it could not be made: {error}"


def _why_not(remedy: Remedy, verb: Verb | None) -> str:
    if verb is None:
        return "Stead knows no such verb"
    if taken := sorted(name for name in remedy.parameters if name in verb.parameters and verb.parameters[name].own):
        return f"`{taken[0]}` is filled in by Stead itself"
    if remedy.target.kind not in verb.kinds:
        return f"the verb is for {', '.join(verb.kinds)}"
    return wrong(verb.parameters, _values(remedy))


def _values(remedy: Remedy) -> Mapping[str, Any]:
    return {name: _number(value) for name, value in remedy.parameters.items()}


async def _request(
    estate: Estate, remedy: Remedy, verb: Verb, conclusion: Conclusion, found: Sequence[Finding], *, tainted: bool
) -> tuple[ActionRequest | None, str]:
    named = _subject(estate, remedy.target, verb, found)
    try:
        live = await estate.read(named)
    except (BlindError, TemporaryError) as error:
        return None, f"it could not be looked at: {error}"
    if live is None:
        return None, "there is no such object"
    uid, generation = _identity(live, named.kind)
    subject = Subject(
        estate=named.estate, api_version=named.api_version, kind=named.kind, name=named.name, namespace=named.namespace, uid=uid
    )
    cured = _cured(subject, found)
    parameters = _values(remedy)
    request = ActionRequest(
        verb=verb.name,
        subject=subject,
        precondition=Precondition(uid=uid, generation=generation),
        check=cured.check,
        fingerprint=cured.fingerprint,
        reason=" ".join(remedy.reason.split())[:500],
        proposer=INVESTIGATOR,
        parameters=parameters,
        tainted=tainted,
        command=verb.command(subject, parameters) if verb.command is not None else "",
        by_model=True,
        doubt=doubt(conclusion, found[0]),
    )
    return request, ""


def _subject(estate: Estate, target: Target, verb: Verb, found: Sequence[Finding]) -> Subject:
    """The object of that name, with the API version under which a finding or the verb knows its kind."""
    known = [s for f in found for s in (f.subject, *([f.top] if f.top else []), *f.depends_on) if s.kind == target.kind]
    version = verb.api_version or (known[0].api_version if known else "v1")
    return Subject(estate=estate.id, api_version=version, kind=target.kind, name=target.name, namespace=target.namespace)


def _cured(subject: Subject, found: Sequence[Finding]) -> Finding:
    """The finding that must fall quiet: one of that very object, else the incident's cause."""
    return next((f for f in found if subject.key in f.keys), found[0])


def _identity(live: Object, kind: str) -> tuple[str, int]:
    """uid and generation; the generation of a kind that changes without anybody changing it is not held against anything."""
    metadata: Any = live.get("metadata")
    fields: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    generation = fields.get("generation")
    return str(fields.get("uid", "")), generation if isinstance(generation, int) and kind not in RESTLESS else 0


def _number(value: Any) -> Any:
    """`"11"` is a number to whoever meant one: many models write all values as text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19 else value
