"""What a run is told at its beginning, fitted to what a model can hold: the soul, the goal, and the incident with all that is known of it.

The system text and the tools are the same in every run of one agent, so a provider's cache may keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stead.declare import Verb
from stead.domain.excerpt import excerpt, fenced, visible
from stead.domain.finding import Finding
from stead.domain.goal import INCIDENT
from stead.domain.ids import incident_number
from stead.domain.incident import Incident
from stead.domain.run import Budget, Message, Speaker, ToolOffer
from stead.store.actions import StoredAction

MOST_OPENING = 4500
"""Characters of the first message: with soul and tools the first request stays under 12,000 bytes."""
MOST_FINDINGS = 12
MOST_EVIDENCE = 700
BYTES_A_TOKEN = 3
"""Fitted on the safe side: JSON and logs are less than English's 4 bytes a token."""


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
    ) -> str:
        """`found` has the cause first. What does not fit is left out from the end, and that is said."""
        name = incident_number(incident.number)
        head = [f"Goal: find the cause of incident {name}, and what would cure it." if goal == INCIDENT else f"Goal: {goal} of {name}."]
        until = f" to {incident.closed_at:%Y-%m-%d %H:%M:%S}" if incident.closed_at is not None else ""
        head += [f"It is {incident.severity}, open since {incident.opened_at:%Y-%m-%d %H:%M:%S}{until} UTC: {incident.title}"]
        head += [f"A person asks: {word}" for word in words]
        catalogue = ["", "Catalogue of verbs for `actions`:", *(_verb(verb) for _, verb in sorted(verbs.items()))] if verbs else []
        done = ["", "Already decided or tried:", *(_action(stored) for stored in before)] if before else []
        parts = ["", "What the checks found, the likeliest cause first:"]
        room = MOST_OPENING - _size([*head, *catalogue, *done])
        for number, finding in enumerate(found):
            lines = list(self._finding(finding, cause=number == 0))
            if number >= MOST_FINDINGS or (number and _size([*parts, *lines]) > room):
                parts.append(f"… and {len(found) - number} findings more that belong to it")
                break
            parts += lines
        return "\n".join([*head, *parts, *done, *catalogue])

    def _finding(self, finding: Finding, *, cause: bool) -> Iterator[str]:
        owner = f", of {finding.top}" if finding.top else ""
        since = f", since {finding.since:%Y-%m-%d %H:%M:%S}" if finding.since else ""
        many = f", {len(finding.instances)} of them" if len(finding.instances) > 1 else ""
        yield f"- {finding.subject}{owner}: {self.clean(finding.summary)} ({finding.check}, {finding.reason}{since}{many})"
        if finding.depends_on:
            yield f"  may be explained by: {', '.join(str(subject) for subject in finding.depends_on[:6])}"
        for evidence in finding.evidence if cause else finding.evidence[:1]:
            name = f"F{len(self.collected) + 1}"
            text = excerpt(self.clean(evidence.value), MOST_EVIDENCE).text
            self.collected[name] = text
            self.commands[name] = evidence.command
            self.tainted = self.tainted or evidence.tainted
            shown = fenced(text, self._nonce) if evidence.tainted or "\n" in text else text
            yield f"  {name} {evidence.what}: {shown}"

    def clean(self, text: str) -> str:
        return self._redact(visible(text))


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


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def spent_most_of(budget: Budget, tokens: int, calls: int) -> bool:
    """Whether it is time to come to an end: four fifths of the tokens or calls are gone."""
    return tokens >= budget.tokens * 4 // 5 or calls >= budget.calls * 4 // 5
