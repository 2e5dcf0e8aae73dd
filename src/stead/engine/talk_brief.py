"""What a run is told that answers a question: the conversation so far, what was sent along, and what the checks know of it.

Evidence has one name in the whole session: `F3` and `E7` mean the same in a later answer as in the one that first said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.excerpt import excerpt, fenced, visible
from stead.domain.finding import Finding
from stead.domain.model import context_of
from stead.domain.run import Brief, Message, Run, Speaker
from stead.domain.talk import Talk, Turn, in_a_line, kept, shortened
from stead.engine import answering, background
from stead.engine.answering import Known
from stead.engine.context import BYTES_A_TOKEN, MOST_OPENING
from stead.engine.journey import Journey
from stead.engine.packing import Part
from stead.engine.packing import pack as packed
from stead.store import runs, talks

MOST_ATTACHED = 2400
"""Characters of what was sent along that are told at once; `page` reads on in it."""
MOST_KNOWN = 1800
MOST_FINDING = 500
MOST_QUESTION = 1000
SHARE = 4
"""The conversation so far may fill this part of what a model can hold."""

MANNER = """\
You are in a conversation with the person who runs this fleet. Answer what they ask, in plain words and short Markdown, once you know it.
- What the checks know may be the whole answer. Look only where it is not.
- Name the evidence beside each claim, like [F1] or [E3]. Evidence that was not collected is pointed out to the person.
- Say what you do not know, and what would tell. You change nothing; never claim that you did. Where a command would help, give it.
- A plain answer ends your turn. Call `conclude` instead when the question is for the cause of a fault and you have found it."""


def brief(connection: sa.Connection, journey: Journey, run: Run, talk: Talk, turn: Turn) -> Brief | None:
    """None where the session's agent is no longer there."""
    soul = journey.souls().get(run.agent)
    if soul is None:
        return None
    before = [one for one in runs.of_session(connection, talk.id) if one.number < run.number]
    collected = _collected(connection, before)
    pack = _Pack(journey, run.nonce, sum(1 for name in collected if name.startswith("F")))
    known = answering.known(connection, turn.question, talk.incident, journey.estates)
    fitting = [one for _, found in known.fitting for one in found]
    besides = background.told(connection, journey, run.nonce, talk.estate, fitting, turn.question)
    here = Part(heading="", items=["\n".join(pack.opening(known, talk, turn))], share=0.0)
    opening = packed([here, *besides.parts], MOST_OPENING).text
    context = context_of(journey.models.routed(run.agent, run.goal).specs) if journey.models is not None else 0
    earlier = [one for one in talks.turns(connection, talk.id) if one.id < turn.id]
    return Brief(
        system=f"{soul.text}\n\n{MANNER}",
        opening=opening,
        budget=journey.run_budget,
        toolsets=soul.toolsets,
        kinds=tuple(sorted({finding.subject.kind for finding in fitting})),
        collected={**dict.fromkeys(collected, ""), **pack.collected, **besides.collected},
        commands={**pack.commands, **besides.commands},
        tainted=pack.tainted or besides.tainted or any(one.brief is not None and one.brief.tainted for one in before),
        history=tuple(history(earlier, talk, context * BYTES_A_TOKEN // SHARE)),
        talk=True,
        numbered=sum(1 for name in collected if name.startswith("E")),
    )


def history(turns: Sequence[Turn], talk: Talk, most: int) -> Iterator[Message]:
    """The first turn, what lies between in a few words, and the last turns, in about `most` characters."""
    told = kept(turns)
    whole = [*told.first, *told.last]
    room = max(160, most // max(1, len(whole) + (2 if told.between else 0)))
    for number, turn in enumerate(whole):
        if number == 1 and told.between:
            yield Message(speaker=Speaker.STEAD, text=f"What was said after that, in short:\n{_between(told.between, talk, room * 2)}")
        yield Message(speaker=Speaker.STEAD, text=f"A person asked: {shortened(turn.question, room // 3)}")
        yield Message(speaker=Speaker.MODEL, text=shortened(turn.answer or "", room * 2 // 3))


def _between(turns: Sequence[Turn], talk: Talk, most: int) -> str:
    """The summary that a model made, and a line for each turn that is not in it yet; the newest lines where there is little room."""
    lines = [in_a_line(turn) for turn in turns[max(0, talk.summed - 1) :]]
    room = most - len(talk.summary[:most])
    while lines and sum(len(line) + 1 for line in lines) > max(room, most // 3):
        lines.pop(0)
    return "\n".join([*([talk.summary[:most]] if talk.summary else []), *lines])


def _collected(connection: sa.Connection, before: Sequence[Run]) -> list[str]:
    """Names of all evidence that earlier runs of the session collected."""
    given = [name for run in before if run.brief is not None for name in run.brief.collected]
    seen = [str(s.body["evidence"]) for run in before for s in runs.steps(connection, run.number) if s.kind == "tool"]
    return list(dict.fromkeys([*given, *seen]))


class _Pack:
    """The first message, with the evidence in it."""

    def __init__(self, journey: Journey, nonce: str, numbered: int) -> None:
        self.collected: dict[str, str] = {}
        self.commands: dict[str, str] = {}
        self.tainted = False
        self._journey, self._nonce, self._numbered = journey, nonce, numbered

    def opening(self, known: Known, talk: Talk, turn: Turn) -> Iterator[str]:
        if talk.incident is not None:
            yield f"The conversation is about {ids.incident_number(talk.incident)}."
        yield f"A person asks: {shortened(self._clean(turn.question), MOST_QUESTION)}"
        if turn.attached.strip():
            text = self._clean(turn.attached)
            cut = excerpt(text, MOST_ATTACHED)
            name = self._keep(text, "", tainted=True)
            yield f"They sent this along, {cut.lines} lines ({name}):\n{fenced(cut.text, self._nonce)}"
            if cut.left_out:
                yield f"({cut.left_out} lines are not shown; `page` reads on in {name})"
        yield "\nWhat the checks know of it:"
        yield from self._known(known)
        if known.others:
            named = "; ".join(f"{ids.incident_number(one.number)} {one.title}" for one in known.others[:8])
            yield f"Also open: {shortened(self._clean(named), 500)}"
        yield f"\nWhat is watched: {_watched(self._journey)}. Your tools look at {talk.estate}."

    def _known(self, known: Known) -> Iterator[str]:
        if not known.fitting:
            yield "- nothing that fits the question's words is wrong" + ("" if not known.blind else "; but not everything could be seen")
        room = MOST_KNOWN
        for incident, found in known.fitting:
            lines = [f"{ids.incident_number(incident.number)} ({incident.severity}, {incident.state.value}): {self._clean(incident.title)}"]
            lines += [line for finding in found[:4] for line in self._finding(finding)]
            if (room := room - sum(len(line) for line in lines)) < 0 and incident is not known.fitting[0][0]:
                yield f"{ids.incident_number(incident.number)}: {shortened(self._clean(incident.title), 120)}"
                continue
            yield from lines

    def _finding(self, finding: Finding) -> Iterator[str]:
        since = f", since {finding.since:%Y-%m-%d %H:%M:%S}" if finding.since else ""
        yield f"- {finding.subject}: {self._clean(finding.summary)} ({finding.check}, {finding.reason}{since})"
        for evidence in finding.evidence[:2]:
            text = excerpt(self._clean(evidence.value), MOST_FINDING).text
            name = self._keep(text, evidence.command, tainted=evidence.tainted)
            yield f"  {name} {evidence.what}: {fenced(text, self._nonce) if evidence.tainted or chr(10) in text else text}"

    def _keep(self, text: str, command: str, *, tainted: bool) -> str:
        self._numbered += 1
        name = f"F{self._numbered}"
        self.collected[name], self.commands[name] = text, command
        self.tainted = self.tainted or tainted
        return name

    def _clean(self, text: str) -> str:
        return self._journey.redact(visible(text))


def _watched(journey: Journey) -> str:
    kinds: Mapping[str, str] = {name: type(estate).__name__.removesuffix("Estate").lower() for name, estate in journey.estates.items()}
    return ", ".join(f"{name} ({kind})" for name, kind in kinds.items()) or "nothing"
