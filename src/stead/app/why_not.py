"""Why nothing was said of a subject: which checks look at it and what they say, what is muted, blind, disabled or not covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from stead.app.answers import incident_row
from stead.app.shown import time
from stead.app.wiring import Stead
from stead.domain.errors import UserError
from stead.domain.finding import Finding, FindingClass
from stead.domain.scan import Account, Word
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Custom
from stead.ports import Witness
from stead.store import findings, incidents
from stead.store.findings import StoredFinding

Json = dict[str, Any]

MOST_PAST = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind` and `namespace` are "" where they were left out."""

    kind: str
    namespace: str
    name: str

    def means(self, subject: Subject) -> bool:
        if self.kind and self.kind not in (subject.kind.lower(), f"{subject.kind.lower()}s"):
            return False
        return subject.name == self.name and self.namespace in ("", subject.namespace)


def parse(text: str) -> Asked:
    """`deployment/payments/api`, `payments/api`, `node/n1`, `api`. UserError for anything else.

    Two parts are a namespace and a name, or a kind and a name for what has no namespace: both are tried.
    """
    parts = [part.strip() for part in text.strip().split("/")]
    if not all(parts) or len(parts) > 3:
        raise UserError(f"`{text[:80]}` names nothing", hint="write deployment/payments/api, payments/api or node/n1")
    kind, namespace = (["", "", *parts])[-3:-1]
    return Asked(kind.lower(), namespace, parts[-1])


async def why_not(stead: Stead, text: str) -> Json:
    """The answer as JSON: `because` says it in sentences, the rest is what they stand on."""
    asked = parse(text)
    one = await _answer(stead, asked)
    if asked.namespace and not asked.kind and not (one["subjects"] or one["incidents"] or one["past"]):
        other = await _answer(stead, Asked(asked.namespace.lower(), "", asked.name))
        one = other if other["subjects"] or other["incidents"] or other["past"] else one
    return {"subject": text.strip(), **one}


async def _answer(stead: Stead, asked: Asked) -> Json:
    accounts = [found for found in _accounts(stead, asked) if found is not None]
    known, past = await stead.store.look(_stored, asked)
    words = [word for account in accounts for word in account.words]
    kinds = {subject.kind for account in accounts for subject in account.subjects} | {word.kind for word in words}
    answer: Json = {
        "subjects": [str(subject) for account in accounts for subject in account.subjects],
        "incidents": known,
        "checks": [_word(word) for word in _spoken(words)],
        "disabled": list(_off(stead, kinds)),
        "blind": [text for account in accounts for text in account.blind],
        "not_covered": [text for account in accounts for text in account.not_covered],
        "past": past,
    }
    return {"because": list(_because(stead, answer, watched=bool(accounts))), **answer}


def _accounts(stead: Stead, asked: Asked) -> Iterator[Account | None]:
    for estate in stead.estates.values():
        if isinstance(estate, Witness):
            yield estate.account(asked.kind, asked.namespace, asked.name)


def _stored(connection: sa.Connection, asked: Asked) -> tuple[list[Json], list[Json]]:
    """The open incidents that it is in, and what was known of it before."""
    numbers: dict[int, list[Finding]] = {}
    past: list[StoredFinding] = []
    for stored in findings.named(connection, asked.name):
        finding = stored.finding
        if not (asked.means(finding.subject) or (finding.top is not None and asked.means(finding.top))):
            continue
        if stored.closed_at is not None:
            past.append(stored)
        elif stored.incident is not None:
            numbers.setdefault(stored.incident, []).append(finding)
    rows = [_incident(connection, number, found) for number, found in sorted(numbers.items())]
    past.sort(key=lambda stored: stored.closed_at or stored.opened_at, reverse=True)
    return rows, [
        {"check": s.finding.check, "summary": s.finding.summary, "opened_at": time(s.opened_at), "closed_at": time(s.closed_at)}
        for s in past[:MOST_PAST]
    ]


def _incident(connection: sa.Connection, number: int, found: Sequence[Finding]) -> Json:
    row = incident_row(connection, incidents.get(connection, number))
    return {key: row[key] for key in ("id", "title", "state", "severity", "muted")} | {"says": [finding.summary for finding in found]}


def _spoken(words: Iterable[Word]) -> Iterator[Word]:
    """Each check once for each kind: what it found, else that it looked and found nothing."""
    given = list(words)
    found = {(word.check, word.kind) for word in given if word.finding is not None}
    yield from (word for word in given if word.finding is not None or (word.check, word.kind) not in found)


def _word(word: Word) -> Json:
    says = "could not see all that it needs" if word.blind else "nothing is wrong"
    return {
        "check": word.check,
        "kind": word.kind,
        "looked_at": word.looked_at,
        "state": word.finding.state.value if word.finding else "blind" if word.blind else "quiet",
        "says": word.finding.summary if word.finding else says,
        "until": time(word.until),
    }


def _off(stead: Stead, kinds: set[str]) -> Iterator[str]:
    """Checks that would look at these kinds, were they switched on."""
    for check in stead.shelves.checks.values():
        if not kinds.intersection(kind_of(struct).kind for struct in check.of if struct is not Custom):
            continue
        if check.name in stead.settings.checks.disabled:
            yield f"{check.name}: disabled in the configuration"
        elif check.class_ is FindingClass.HYGIENE and not stead.settings.checks.hygiene:
            yield f"{check.name}: a check of opinion, and those are off"


def _because(stead: Stead, answer: Json, *, watched: bool) -> Iterator[str]:
    for incident in answer["incidents"]:
        mutes = "; ".join(f"{mute['kind']} {mute['name']}, {mute['why']}" for mute in incident["muted"])
        told = (
            f"it is known as {incident['id']}, and says nothing because of {mutes}"
            if mutes
            else f"it was told: {incident['id']}, {incident['title']}"
        )
        yield told
    for word in answer["checks"]:
        if word["state"] == "progressing":
            yield f"{word['check']} waits until {word['until']}: {word['says']}"
    if answer["blind"]:
        yield "not all can be seen: " + "; ".join(answer["blind"])
    if answer["disabled"]:
        yield "some checks do not run: " + "; ".join(answer["disabled"])
    yield from _nothing(stead, answer, watched=watched)


def _nothing(stead: Stead, answer: Json, *, watched: bool) -> Iterator[str]:
    """What it means that nothing was found."""
    if answer["incidents"] or any(word["state"] in ("firing", "progressing") for word in answer["checks"]):
        return
    if not watched:
        yield f"nothing {'is watched' if stead.estates else 'is configured'} at this moment, so nothing can be said of it"
    elif not answer["subjects"]:
        yield "no object of that name is known to Stead: it does not exist, is of a kind that no check reads, or its namespace is left out"
    elif answer["checks"]:
        number = len({word["check"] for word in answer["checks"]})
        checks = "1 check looks" if number == 1 else f"{number} checks look"
        yield f"{checks} at it, and found nothing wrong at the last look"
    else:
        yield "it exists, and no check looks at objects of its kind"
