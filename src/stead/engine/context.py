"""What a run is told at its beginning, fitted to what a model can hold: the soul, the goal, and the incident with all that is known of it.

The system text and the tools are the same in every run of one agent, so a provider's cache may keep them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stead.declare import Verb
from stead.domain.change import sentence
from stead.domain.excerpt import excerpt, fenced, visible
from stead.domain.finding import Finding
from stead.domain.goal import INCIDENT
from stead.domain.ids import incident_number
from stead.domain.incident import Incident
from stead.domain.run import Budget, Message, Speaker, ToolOffer
from stead.engine.packing import Part, pack
from stead.store.actions import StoredAction

MOST_OPENING = 4600
"""Bytes of the first message as it is sent: with soul, goal and tools the first request stays under 12,000."""
MOST_FINDINGS = 12
MOST_EVIDENCE = 700
MOST_CHANGES = 2
BYTES_A_TOKEN = 3
"""Fitted on the safe side: JSON and logs are less than English's 4 bytes a token."""
_FINDINGS, _DONE, _CATALOGUE = 0.5, 0.1, 0.2
"""Their shares of the first message; what is known, remembered and said of the estate has the rest."""


class Pack:
    """The first message and the evidence in it: `collected` by id (`F1`), with its `commands`; `tainted` by words of somebody else."""

    def __init__(self, redact: Callable[[str], str], nonce: str) -> None:
        self.collected: dict[str, str] = {}
        self.commands: dict[str, str] = {}
        self.tainted = False
        self._redact = redact
        self._nonce = nonce

    def opening(
        self,
        incident: Incident,
        found: Sequence[Finding],
        verbs: Mapping[str, Verb],
        before: Sequence[StoredAction],
        words: Sequence[str],
        goal: str = INCIDENT,
        besides: Sequence[Part] = (),
        most: int = MOST_OPENING,
    ) -> str:
        """`found` has the cause first. What does not fit is left out, what tells the least first, and that is said; `besides` is packed
        with it, in `most` bytes together."""
        name = incident_number(incident.number)
        head = [f"Goal: find the cause of incident {name}, and what would cure it." if goal == INCIDENT else f"Goal: {goal} of {name}."]
        until = f" to {incident.closed_at:%Y-%m-%d %H:%M:%S}" if incident.closed_at is not None else ""
        head += [f"It is {incident.severity}, open since {incident.opened_at:%Y-%m-%d %H:%M:%S}{until} UTC: {incident.title}"]
        head += [f"A person asks: {word}" for word in words]
        told = _telling_first(found)[:MOST_FINDINGS]
        pieces = list(self._pieces(found, told))
        parts = [
            Part(heading="", items=["\n".join(head)], share=0.0),
            Part(
                heading="What the checks found, the likeliest cause first:",
                items=[piece.text for piece in pieces],
                share=_FINDINGS,
                rest=lambda n: _others(found, told[: pieces[len(pieces) - n - 1].findings]),
            ),
            Part(heading="Already decided or tried:", items=[_action(stored) for stored in before], share=_DONE),
            *besides,
            _catalogue(verbs, found),
        ]
        packed = pack(parts, most)
        shown = pieces[packed.kept[1] - 1].evidence if pieces else 0
        for gone in list(self.collected)[shown:]:
            del self.collected[gone], self.commands[gone]
        return packed.text

    def _pieces(self, found: Sequence[Finding], told: Sequence[Finding]) -> Iterator[_Piece]:
        for number, finding in enumerate(told, start=1):
            for text in self._finding(finding, cause=number == 1):
                yield _Piece(text=text, evidence=len(self.collected), findings=number)
        if len(told) < len(found):
            yield _Piece(text=_others(found, told), evidence=len(self.collected), findings=len(told))

    def _finding(self, finding: Finding, *, cause: bool) -> Iterator[str]:
        """What it is with its first evidence; of the cause also what changed before it, and every other evidence by itself."""
        owner = f", of {finding.top}" if finding.top else ""
        since = f", since {finding.since:%Y-%m-%d %H:%M:%S}" if finding.since else ""
        many = f", {len(finding.instances)} of them" if len(finding.instances) > 1 else ""
        lines = [f"- {finding.subject}{owner}: {self.clean(finding.summary)} ({finding.check}, {finding.reason}{since}{many})"]
        if finding.depends_on:
            lines.append(f"  may be explained by: {', '.join(str(subject) for subject in finding.depends_on[:6])}")
        changes = finding.changes[: MOST_CHANGES if cause else 0]
        lines += [self._evidence("change", sentence(one, finding.since), "stead changes", tainted=True) for one in changes]
        first = [self._evidence(one.what, one.value, one.command, tainted=one.tainted) for one in finding.evidence[:1]]
        yield "\n".join([*lines, *first])
        for one in finding.evidence[1:] if cause else ():
            yield self._evidence(one.what, one.value, one.command, tainted=one.tainted)

    def _evidence(self, what: str, value: str, command: str, *, tainted: bool) -> str:
        name = f"F{len(self.collected) + 1}"
        text = excerpt(self.clean(value), MOST_EVIDENCE).text
        self.collected[name], self.commands[name] = text, command
        self.tainted = self.tainted or tainted
        return f"  {name} {what}: {fenced(text, self._nonce) if tainted or chr(10) in text else text}"

    def clean(self, text: str) -> str:
        return self._redact(visible(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A piece of what is told of the findings; `evidence` pieces of evidence and `findings` findings are told up to its end."""

    text: str
    evidence: int
    findings: int


def _telling_first(found: Sequence[Finding]) -> list[Finding]:
    """The cause, then the first finding of each kind of fault, then those that say what another has said already."""
    said: set[tuple[str, str]] = set()
    fresh: list[Finding] = []
    again: list[Finding] = []
    for finding in found:
        (again if (finding.check, finding.reason) in said else fresh).append(finding)
        said.add((finding.check, finding.reason))
    return [*fresh, *again]


def _others(found: Sequence[Finding], shown: Sequence[Finding]) -> str:
    """`… and 27 findings more that belong to it: 25 container_crash, 2 pvc_pending`."""
    there = {id(finding) for finding in shown}
    left = Counter(finding.check for finding in found if id(finding) not in there)
    named = ", ".join(f"{count} {check}" for check, count in left.most_common(6))
    return f"… and {left.total()} findings more that belong to it: {named}" if left else ""


def _catalogue(verbs: Mapping[str, Verb], found: Sequence[Finding]) -> Part:
    """What may be proposed: in full what fits the kinds that the incident is about, those of the cause first; the rest by name."""
    kinds = [s.kind for finding in found for s in (finding.top, finding.subject, *finding.depends_on) if s is not None]
    order = {kind: position for position, kind in reversed(list(enumerate(kinds)))}
    fitting = [verb for verb in verbs.values() if not order.keys().isdisjoint(verb.kinds)]
    fitting.sort(key=lambda verb: (min(order[kind] for kind in verb.kinds if kind in order), verb.name))
    others = sorted(name for name, verb in verbs.items() if verb not in fitting)
    items = [*map(_verb, fitting), *([f"- others: {', '.join(others)}"] if others else [])]
    names = [*(verb.name for verb in fitting), *others]

    def rest(left_out: int) -> str:
        return f"- others: {', '.join(names[len(items) - left_out :])}"

    return Part(heading="Catalogue of verbs for `actions`:", items=items, share=_CATALOGUE, rest=rest)


def _verb(verb: Verb) -> str:
    parameters = "; ".join(f"{name}: {meaning}" for name, meaning in verb.parameters.items() if not meaning.own)
    first = verb.page.partition("\n")[0].rstrip(".")
    return f"- {verb.name} ({'|'.join(verb.kinds)}): {first}" + (f" [{parameters}]" if parameters else "")


def _action(stored: StoredAction) -> str:
    request = stored.action.request
    note = f": {stored.action.note}" if stored.action.note else ""
    return f"- {request.verb} {request.subject} by {request.proposer}: {stored.action.state}{note}"


def fitted(messages: Sequence[Message], system: str, tools: Sequence[ToolOffer], context: int) -> tuple[Message, ...]:
    """The messages as far as they fit into `context` tokens: what tools saw is shortened from the oldest on, the newest last.

    A quarter of the room is the answer's. The first message always stays whole.
    """
    room = context * BYTES_A_TOKEN * 3 // 4 - len(system) - sum(len(t.name) + len(t.description) + len(str(t.schema)) for t in tools)
    fits, weight = list(messages), _weight(messages)
    for number, message in enumerate(messages):
        if weight <= room:
            break
        if message.speaker is Speaker.TOOL and len(message.text) > _SHORT:
            fits[number] = Message(speaker=Speaker.TOOL, text=_shortened(message.text), answers=message.answers, tool=message.tool)
            weight += len(fits[number].text) - len(message.text)
    return tuple(fits)


_SHORT = 300


def _shortened(text: str) -> str:
    name, _, rest = text.partition("\n")
    return f"{name}\n{rest[:_SHORT]}\n(left out, to make room; `page` reads it again)"


def _weight(messages: Sequence[Message]) -> int:
    return sum(len(m.text) + sum(len(c.arguments) + len(c.tool) + 40 for c in m.calls) + 40 for m in messages)


def spent_most_of(budget: Budget, tokens: int, calls: int) -> bool:
    """Whether it is time to come to an end: four fifths of the tokens or calls are gone."""
    return tokens >= budget.tokens * 4 // 5 or calls >= budget.calls * 4 // 5
