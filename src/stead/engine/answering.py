"""The answer that needs no model: incidents and findings that fit a question's words, from what is stored, and what could not be seen.

Promise: it says only what checks saw. Where nothing fits it says so, and whether that can be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.approval import ApprovalState
from stead.domain.excerpt import excerpt, visible
from stead.domain.finding import Finding, FindingState
from stead.domain.incident import Incident
from stead.domain.logs.digest import digest
from stead.domain.talk import fit, names_in, shortened
from stead.store import actions, estates, findings, incidents

_NUMBER = re.compile(r"\bI-(\d{1,9})\b", re.IGNORECASE)
MOST_INCIDENTS = 5
MOST_FINDINGS = 6
MOST_ENDED = 2
MOST_EVIDENCE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`fitting` are incidents that the question is about, best first, each with the findings that fit, its cause first.

    `others` are open and about something else · `ended` fit and are over · `blind` are looks that could not be made · `unseen` estates at
    which the first whole look has not been made yet.
    """

    names: frozenset[str]
    fitting: Sequence[tuple[Incident, Sequence[Finding]]]
    others: Sequence[Incident]
    ended: Sequence[Incident]
    blind: Sequence[Finding]
    unseen: Sequence[str]


def known(connection: sa.Connection, question: str, incident: int | None, watched: Iterable[str]) -> Known:
    """What the store knows of the question, `watched` being the estates. One that names nothing is about all that is open."""
    names, numbered = names_in(question), {int(digits) for digits in _NUMBER.findall(question)}
    rated: list[tuple[int, Incident, list[Finding]]] = []
    others: list[Incident] = []
    for of in incidents.listed(connection):
        present = _present(connection, of)
        weight = max((fit(names, finding) for finding in present), default=0)
        meant = of.number == incident or of.number in numbered
        if meant or weight or (not names and incident is None):
            rated.append((1000 * meant + weight, of, _fitting(names, present, of)))
        else:
            others.append(of)
    rated.sort(key=lambda each: (-each[0], -each[1].severity.rank, each[1].number))
    fitting = [(of, found) for _, of, found in rated]
    blind = [finding for _, found in fitting for finding in found if finding.state is FindingState.BLIND]
    blind += [f for of in others for f in _present(connection, of) if f.state is FindingState.BLIND]
    unseen = [name for name in watched if not estates.is_known(connection, name)]
    ended = () if fitting else _ended(connection, names)
    return Known(names=names, fitting=fitting, others=others, ended=ended, blind=blind, unseen=unseen)


def answer(connection: sa.Connection, of: Known, question: str, why: str, attached: str = "") -> str:
    """The answer in Markdown; `why` says in a sentence why no model gave it."""
    parts = [why, *_about_attached(attached)]
    for incident, found in of.fitting[:MOST_INCIDENTS]:
        parts.append("\n".join(_incident(connection, incident, found)))
    if len(of.fitting) > MOST_INCIDENTS:
        parts.append(f"{len(of.fitting) - MOST_INCIDENTS} incidents more fit; `stead incidents` lists them.")
    if not of.fitting:
        parts.append(_nothing(of, question))
    parts += [f"{ids.incident_number(one.number)} was about it, and is {one.state}: {one.title}" for one in of.ended]
    if of.others:
        named = "; ".join(f"{ids.incident_number(one.number)} {one.title}" for one in of.others[:MOST_INCIDENTS])
        parts.append(f"{_many(len(of.others), 'other incident is', 'other incidents are')} open: {named}.")
    return "\n\n".join(parts)


def lines(found: Finding) -> Iterator[str]:
    """The finding, and what was seen of it, with the line to paste."""
    since = f", since {found.since:%Y-%m-%d %H:%M:%S} UTC" if found.since else ""
    yield f"- {found.subject}: {found.summary} ({found.check}, {found.reason}{since})"
    for evidence in found.evidence[:2]:
        text = excerpt(visible(evidence.value), MOST_EVIDENCE).text
        shown = f"\n\n      {text.replace(chr(10), chr(10) + '      ')}\n" if "\n" in text else f" {text}"
        yield f"    - {evidence.what}:{shown}" + (f" — `{evidence.command}`" if evidence.command and "\n" not in text else "")


def _incident(connection: sa.Connection, of: Incident, found: Sequence[Finding]) -> Iterator[str]:
    name = ids.incident_number(of.number)
    yield f"**{name}** ({of.severity}, {of.state.value.replace('_', ' ')}, open since {of.opened_at:%Y-%m-%d %H:%M:%S} UTC): {of.title}"
    yield ""
    for finding in found[:MOST_FINDINGS]:
        yield from lines(finding)
    if len(found) > MOST_FINDINGS:
        yield f"- and {len(found) - MOST_FINDINGS} findings more; `stead show {name}` tells them"
    for approval in actions.approvals(connection, incident=of.number, everything=False):
        if approval.state is ApprovalState.PENDING:
            request = approval.action.request
            number = ids.approval_number(approval.number)
            yield f"- {number} waits for a yes or no: {request.verb} {request.subject}, because {request.reason} (`stead approve {number}`)"


def _nothing(of: Known, question: str) -> str:
    about = f"that fits “{shortened(' '.join(question.split()), 80)}”" if of.names else "at all"
    if of.blind:
        places = "; ".join(sorted({finding.summary for finding in of.blind})[:3])
        return f"Nothing {about} was found, but not everything could be looked at: {places}."
    if of.unseen:
        return f"Nothing {about} was found so far, but the first look at {', '.join(of.unseen)} is not over yet."
    return f"Everything that is watched was looked at, and nothing is wrong {about}." + (
        " It may be under another name, or not be watched." if of.names else ""
    )


def _about_attached(attached: str) -> Iterator[str]:
    if not attached.strip():
        return
    seen = digest(attached.encode(errors="replace"))
    told = seen.told(MOST_EVIDENCE * 2)
    yield f"Of the {seen.lines} lines that you sent, this stands out:\n\n    " + told.replace("\n", "\n    ")


def _present(connection: sa.Connection, of: Incident) -> list[Finding]:
    return [s.finding for s in findings.of_incident(connection, of.number) if s.closed_at is None]


def _fitting(names: frozenset[str], present: Sequence[Finding], of: Incident) -> list[Finding]:
    """The cause, then what fits best."""
    return sorted(present, key=lambda finding: (finding.fingerprint != of.cause, -fit(names, finding), finding.subject))


def _ended(connection: sa.Connection, names: frozenset[str]) -> list[Incident]:
    over = [of for of in incidents.listed(connection, everything=True) if of.closed_at is not None][:50]
    about = [of for of in over if any(fit(names, s.finding) for s in findings.of_incident(connection, of.number))]
    return about[:MOST_ENDED]


def _many(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
