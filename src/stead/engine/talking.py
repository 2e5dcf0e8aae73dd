"""Conversations: a question is stored with what will answer it, its answer ends the run, and a session that rests long enough is over.

Promise: a question that was taken has exactly one answer, whatever dies in between. Where no model gives it, the checks' knowledge does.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.conclusion import Conclusion
from stead.domain.errors import Exit, UserError
from stead.domain.people import SYSTEM, Principal, PrincipalKind
from stead.domain.run import Brief, Ending, Reply, Run, Spent
from stead.domain.talk import Talk, Turn, in_a_line, kept, shortened
from stead.engine import answering, learning, saying, spending, talk_brief
from stead.engine.investigate import Outcome
from stead.engine.journey import Journey
from stead.store import due, events, inbounds, incidents, runs, talks
from stead.store.codec import load_plain

IDLE = timedelta(minutes=30)
"""After so long without a question or an answer a session has ended."""
KEPT = timedelta(days=90)
"""So long the record of an ended session stays."""
BATCH = 5
"""Turns that fall out of what is told in full are put into few words together, not each by itself."""
SUMMARY = "summary"
"""The key of the step in which a model puts the older part of a conversation into few words."""
_REFERENCE = re.compile(r"\b(?:[EF]|K-)\d{1,4}\b")


def begin_session(connection: sa.Connection, journey: Journey, *, by: Principal, agent: str, estate: str, incident: int | None) -> Talk:
    """A new session. UserError for an incident, an estate or an agent that there is not."""
    if agent not in journey.souls():
        raise UserError(f"there is no agent `{agent[:60]}`", hint=f"known: {', '.join(sorted(journey.souls()))}", code=Exit.NEGATIVE)
    of = None if incident is None else incidents.find(connection, incident)
    if incident is not None and of is None:
        name = ids.incident_number(incident)
        raise UserError(f"there is no incident {name}", hint="`stead incidents --all` lists them", code=Exit.NEGATIVE)
    where = estate or (of.estate if of is not None else next(iter(journey.estates), ""))
    if where not in journey.estates and (estate or (of is None and journey.estates)):
        raise UserError(f"there is no estate `{where[:60]}`", hint=f"known: {', '.join(journey.estates) or 'none'}", code=Exit.NEGATIVE)
    now = journey.now()
    talk = talks.open_(connection, principal=str(by), agent=agent, estate=where, incident=incident, now=now)
    _rest(connection, talk.id, now + IDLE)
    return talk


def ask(connection: sa.Connection, journey: Journey, session: str, *, by: Principal, question: str, attached: str, key: str | None) -> Turn:
    """Take a question, once for each `key`. UserError when the session is over, is busy, or knows `key` with another question."""
    talk = talks.get(connection, session)
    question, attached = journey.redact(question.strip()), journey.redact(attached)
    known = talks.turn_of_key(connection, session, key) if key is not None else None
    if known is not None:
        if (known.question, known.attached) != (question, attached):
            raise UserError("this Idempotency-Key came with another question", hint="give each question its own", code=Exit.REFUSED)
        return known
    if talk.ended_at is not None:
        raise UserError(f"the session {session} has ended", hint="begin a new one; `stead sessions show` tells this one", code=Exit.REFUSED)
    before = talks.turns(connection, session)
    if before and before[-1].answer is None:
        raise UserError("the question before is still being answered", hint="wait for it, or cancel its run", code=Exit.REFUSED)
    now = journey.now()
    number = talks.ask(connection, session, asker=str(by), question=question, attached=attached, key=key, now=now)
    if not before:
        talks.set_title(connection, session, shortened(" ".join(question.split()), 80))
    if journey.models is None or talk.estate not in journey.estates:
        why = "No model is configured" if journey.models is None else "Nothing is watched that a model could look at"
        _answer_plainly(connection, journey, talk, _turn(connection, session, number), f"{why}; this is what the checks know.")
    else:
        _open(connection, journey, talk, number, len(before) + 1)
    _rest(connection, session, now + IDLE)
    return _turn(connection, session, number)


def ask_in_chat(
    connection: sa.Connection, journey: Journey, session: str, event: inbounds.Kept, *, by: Principal, question: str, attached: str
) -> None:
    """Take a question from a chat; its answer goes there. UserError as in `ask`."""
    turn = ask(connection, journey, session, by=by, question=question, attached=attached, key=f"{event.channel}:{event.id}")
    inbounds.asked(connection, event.channel, event.id, session, turn.id)
    if turn.answer is not None:
        _tell_asker(connection, journey, session, turn.id, turn.answer)


def older(connection: sa.Connection, journey: Journey, number: int) -> str:
    """What a small model should put into few words before the run begins; "" where there is too little, or no such model."""
    run = runs.find(connection, number)
    if run is None or run.ending is not None or journey.models is None or not any(s.role.value == "small" for s in journey.models.specs):
        return ""
    talk = talks.get(connection, run.session)
    between = kept(talks.turns(connection, talk.id)).between
    fresh = between[max(0, talk.summed - 1) :]
    if len(fresh) < BATCH:
        return ""
    said = [f"Asked: {shortened(turn.question, 400)}\nAnswered: {shortened(turn.answer or '', 800)}" for turn in fresh]
    return "\n\n".join([*([f"So far, in short:\n{talk.summary}"] if talk.summary else []), *said])


def sum_up(connection: sa.Connection, journey: Journey, number: int, reply: Reply) -> None:
    """Keep what the small model said; where it said nothing, a line for each turn."""
    run = runs.find(connection, number)
    if run is None:
        return
    talk = talks.get(connection, run.session)
    between = kept(talks.turns(connection, talk.id)).between
    plain = "\n".join([*([talk.summary] if talk.summary else []), *(in_a_line(turn) for turn in between[max(0, talk.summed - 1) :])])
    text = reply.message.text.strip()
    talks.sum_up(connection, talk.id, shortened(journey.redact(text or plain), 2000), len(between) + 1)


def begin(connection: sa.Connection, journey: Journey, number: int) -> Brief | None:
    """What the run is told. None when it is over before it began. Beginning again hands out the same."""
    run = runs.find(connection, number)
    if run is None or run.ending is not None:
        return None
    if run.brief is None:
        turn = talks.turn_of_run(connection, number)
        if turn is None:
            return None
        brief = talk_brief.brief(connection, journey, run, talks.get(connection, run.session), turn)
        if brief is None:
            end(connection, journey, number, Outcome(ending=Ending.FAILED, note=f"there is no agent `{run.agent}` any more"))
            return None
        runs.set_brief(connection, number, brief)
        say(connection, journey, run, "begins to answer")
    return runs.get(connection, number).brief


def over(connection: sa.Connection, number: int) -> str:
    """Why there is nobody left to answer; "" while there is."""
    run = runs.outline(connection, number)
    return "the session was deleted" if run is None else run.note or run.ending.value if run.ending is not None else ""


def end(connection: sa.Connection, journey: Journey, number: int, outcome: Outcome) -> None:
    """Write how the run ended, and the answer. Ending the same run again changes nothing."""
    run = runs.find(connection, number)
    if run is None:
        return
    spent = outcome.spent + _spent_before(connection, number)
    if not runs.end(connection, number, outcome.ending, outcome.note, spent, outcome.conclusion, journey.now()):
        runs.spend(connection, number, spent)
        return
    turn = talks.turn_of_run(connection, number)
    learning.run_ended(connection, journey, run, outcome)
    say(connection, journey, run, f"ended, {outcome.ending}, after {spent.tokens} tokens" + (f": {outcome.note}" if outcome.note else ""))
    if turn is None:
        return
    if outcome.ending is Ending.CONCLUDED:
        made = outcome.conclusion
        text = outcome.messages[-1].text if made is None else told(made)
        _answer(connection, journey, run, turn, text + _unseen(connection, run, text))
    else:
        _unanswered(connection, journey, run, turn, outcome.ending, outcome.note)


def give_up(connection: sa.Connection, journey: Journey, number: int, why: str) -> None:
    """The run itself failed, for no foreseen reason, again and again."""
    end(connection, journey, number, Outcome(ending=Ending.FAILED, note=why, spent=spending.spent_in(connection, number)))


def cancelled(connection: sa.Connection, journey: Journey, run: Run, note: str) -> None:
    """The run was ended by a person: so is the waiting for its answer."""
    turn = talks.turn_of_run(connection, run.number)
    if turn is not None:
        _answer(connection, journey, run, turn, f"There is no answer: {note}.")


def age(connection: sa.Connection, journey: Journey, session: str) -> None:
    """End a session that rests, and forget one that has ended long enough ago; else look again when that may be."""
    talk, now = talks.find(connection, session), journey.now()
    if talk is None:
        return
    if talk.ended_at is not None:
        if now >= talk.ended_at + KEPT:
            talks.forget(connection, session)
        else:
            _rest(connection, session, talk.ended_at + KEPT)
        return
    busy = any(turn.answer is None for turn in talks.turns(connection, session))
    if busy or now < talk.used_at + IDLE:
        _rest(connection, session, now + IDLE if busy else talk.used_at + IDLE)
        return
    talks.end(connection, session, now)
    _rest(connection, session, now + KEPT)


def delete(connection: sa.Connection, _journey: Journey, session: str) -> None:
    """Forget the session now, with its messages and what its runs saw. An answer that is being found is nobody's any more."""
    due.cancel(connection, "session", session)
    talks.forget(connection, session)


def told(made: Conclusion) -> str:
    """A conclusion as an answer in Markdown."""
    parts = [f"{made.cause}", f"At fault: {made.at_fault} (confidence {made.confidence})."]
    parts += ["\n".join(f"- {claim.claim} [{', '.join(claim.by)}]" for claim in made.evidence)] if made.evidence else []
    if made.struck:
        struck = "\n".join(f"- {claim.claim} [{', '.join(claim.by) or 'no evidence'}]" for claim in made.struck)
        parts.append(f"Struck, because this evidence was never collected:\n\n{struck}")
    parts += [f"Ruled out: {'; '.join(made.ruled_out)}."] if made.ruled_out else []
    parts += [f"Impact: {made.impact}"] if made.impact else []
    if made.actions:
        wished = "\n".join(f"- {each.verb} {each.target}: {each.reason}" for each in made.actions)
        parts.append(f"It would do this, and a conversation does nothing (`stead investigate` has it proposed):\n\n{wished}")
    return "\n\n".join(parts)


def say(connection: sa.Connection, journey: Journey, run: Run, said: str) -> None:
    """Tell of a step of the run, to whoever follows its events."""
    name, talk = ids.run_number(run.number), talks.find(connection, run.session)
    data = {"run": name, "agent": run.agent, "session": run.session, "said": f"{name} {said}"}
    estate = talk.estate if talk is not None else ""
    events.record(connection, "run.step", at=journey.now(), estate=estate, run=name, data=data)


def _open(connection: sa.Connection, journey: Journey, talk: Talk, question: int, position: int) -> None:
    run = runs.add(
        connection,
        incident=0,
        episode=0,
        segment=position,
        agent=talk.agent,
        asked_by=talk.principal,
        session=talk.id,
        goal="talk",
        nonce=secrets.token_hex(4),
        now=journey.now(),
    )
    talks.set_run(connection, question, run)
    due.schedule(connection, "talk", str(run), journey.now(), ids.talk_workflow(talk.id, question))


def _turn(connection: sa.Connection, session: str, number: int) -> Turn:
    found = talks.turn(connection, session, number)
    if found is None:
        raise KeyError(number)
    return found


def _spent_before(connection: sa.Connection, number: int) -> Spent:
    """What putting the older part of the conversation into few words has cost."""
    step = runs.step(connection, number, SUMMARY)
    return Spent() if step is None else load_plain(step, Reply).spent


def _unseen(connection: sa.Connection, run: Run, text: str) -> str:
    """What to add to an answer that names evidence which nobody collected."""
    collected = set(run.brief.collected if run.brief is not None else ())
    collected |= {str(s.body["evidence"]) for s in runs.steps(connection, run.number) if s.kind == "tool" and not s.body.get("failed")}
    if run.brief is not None:
        collected |= {f"E{n}" for n in range(1, run.brief.numbered + 1)}
    missing = [name for name in dict.fromkeys(_REFERENCE.findall(text)) if name not in collected]
    if not missing:
        return ""
    were = "was" if len(missing) == 1 else "were"
    return f"\n\nTake care: {', '.join(missing[:8])} {were} never collected; nothing shows what rests on it."


def _unanswered(connection: sa.Connection, journey: Journey, run: Run, turn: Turn, ending: Ending, note: str) -> None:
    why = f"A model came to no answer ({ids.run_number(run.number)}, {ending}{f': {note}' if note else ''}); this is what the checks know."
    _answer_plainly(connection, journey, talks.get(connection, run.session), turn, why)


def _settled(connection: sa.Connection, journey: Journey, session: str, question: int, text: str) -> None:
    """A question has its answer: it goes to the chat that asked, and what was written there meanwhile is asked now."""
    _tell_asker(connection, journey, session, question, text)
    event = inbounds.waiting(connection, session)
    if event is not None:
        by = Principal(kind=PrincipalKind.PERSON, name=event.person)
        ask_in_chat(connection, journey, session, event, by=by, question=event.text, attached=event.attached)


def _tell_asker(connection: sa.Connection, journey: Journey, session: str, question: int, text: str) -> None:
    event = inbounds.of_question(connection, question)
    if event is not None:
        saying.say(connection, journey, event.channel, event.place, saying.plain(text), session=session)


def _answer_plainly(connection: sa.Connection, journey: Journey, talk: Talk, turn: Turn, why: str) -> None:
    known = answering.known(connection, turn.question, talk.incident, journey.estates)
    text = answering.answer(connection, known, turn.question, journey.redact(why), turn.attached)
    text = journey.redact(text)
    if talks.answer(connection, talk.id, turn.id, author=str(SYSTEM), text=text, now=journey.now()):
        _settled(connection, journey, talk.id, turn.id, text)


def _answer(connection: sa.Connection, journey: Journey, run: Run, turn: Turn, text: str) -> None:
    if talks.answer(connection, run.session, turn.id, author=f"agent:{run.agent}", text=text, now=journey.now()):
        _settled(connection, journey, run.session, turn.id, text)


def _rest(connection: sa.Connection, session: str, until: datetime) -> None:
    due.cancel(connection, "session", session)
    due.schedule(connection, "session", session, until, f"ses:{session}:{until.isoformat()}")
