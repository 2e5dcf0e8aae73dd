"""Commands that decide: an approval, a silence, the stop switch. They go the way of every answer, whoever gives it."""

from __future__ import annotations

import re

from stead.app.chat.asked import Asked
from stead.app.chat.reading import approvals_
from stead.app.chat.words import because
from stead.app.durations import duration_text, parse_duration
from stead.app.silences import wanted
from stead.domain import ids
from stead.domain.approval import Approval, ApprovalState
from stead.domain.errors import Exit, UserError
from stead.domain.matching import Matchers
from stead.domain.people import Person
from stead.engine import approvals, silencing, stopping
from stead.store import findings, incidents

_INCIDENT = re.compile(r"I-\d{1,9}", re.IGNORECASE)
_MATCHER = re.compile(r"[\w./-]+(=~|!~|!=|=).*", re.DOTALL)


def approve(asked: Asked, rest: str) -> None:
    """`A-17 why`: yes."""
    _decide(asked, rest, approve=True)


def deny(asked: Asked, rest: str) -> None:
    """`A-17 why`: no."""
    _decide(asked, rest, approve=False)


def stop(asked: Asked, rest: str) -> None:
    """Change nothing from now on."""
    stopping.stop(asked.connection, asked.journey, by=asked.person.principal, reason=because(rest))
    asked.answer("Stead is stopped: it watches and tells, and changes nothing. /resume has it act again.")


def resume(asked: Asked, _rest: str) -> None:
    """Act again."""
    stopping.resume(asked.connection, asked.journey, by=asked.person.principal)
    asked.answer("Stead acts again, and looks anew at all that is open.")


def silence(asked: Asked, rest: str) -> None:
    """`I-41 2h why`, `namespace=dev 2h why`; under an incident's message `2h why` is enough."""
    matchers, words = _about(asked, rest.split())
    lasts = next((word for word in words if _is_duration(word)), None)
    if lasts is None:
        raise UserError("a silence needs to know how long", hint="write /silence I-41 2h")
    span = parse_duration(lasts)
    why = because(" ".join(word for word in words if word != lasts))
    made = silencing.silence(
        asked.connection,
        asked.journey,
        matchers=matchers,
        by=asked.person.principal,
        comment=why,
        ends_at=asked.journey.now() + span,
    )
    what = ", ".join(str(matcher) for matcher in made.matchers.all_of)
    asked.answer(
        f"{ids.silence_number(made.number)}: silent for {duration_text(span)} about {what}. `stead silence expire` ends it sooner."
    )


def decided(approval: Approval, person: Person) -> str:
    """What came of an answer, in one sentence."""
    name, request = ids.approval_number(approval.number), approval.action.request
    if approval.state is ApprovalState.PENDING:
        return f"{name}: {person.name} has said yes; a second person must."
    word = "approved" if approval.state is ApprovalState.APPROVED else "denied"
    return f"{name} is {word} by {person.name}: {request.verb} {request.subject}."


def _decide(asked: Asked, rest: str, *, approve: bool) -> None:
    name, _, why = rest.partition(" ")
    if not name:
        approvals_(asked, "")
        return
    number = ids.parse_number(name.rstrip(",.:"), "A")
    made = approvals.answer(asked.connection, asked.journey, number, approve=approve, by=asked.person.principal, reason=because(why)[:2000])
    asked.answer(decided(made, asked.person))


def _about(asked: Asked, words: list[str]) -> tuple[Matchers, list[str]]:
    """What is to be silent, and the words that say something else."""
    matchers = [word for word in words if _MATCHER.fullmatch(word)]
    if matchers:
        return wanted(matchers), [word for word in words if word not in matchers]
    named = next((word for word in words if _INCIDENT.fullmatch(word)), "")
    under = asked.under()
    number = ids.parse_number(named, "I") if named else under[0].incident if under is not None else 0
    if not number:
        raise UserError("a silence needs to know of what", hint="write /silence I-41 2h, or /silence namespace=dev 2h")
    return wanted(_of_incident(asked, number)), [word for word in words if word != named]


def _of_incident(asked: Asked, number: int) -> list[str]:
    """Matchers of what the incident's cause is about."""
    of = incidents.find(asked.connection, number)
    stored = findings.find(asked.connection, of.cause) if of is not None else None
    if stored is None:
        raise UserError(
            f"there is no incident {ids.incident_number(number)}", hint="/incidents tells those that are open", code=Exit.NEGATIVE
        )
    subject = stored.finding.top or stored.finding.subject
    labels = {"check": stored.finding.check, "kind": subject.kind, "namespace": subject.namespace, "name": subject.name}
    return [f'{label}="{value}"' for label, value in labels.items() if value]


def _is_duration(word: str) -> bool:
    try:
        return bool(parse_duration(word))
    except ValueError:
        return False
