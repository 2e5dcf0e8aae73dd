"""A person's conversation with Stead: its turns, what of them a model is told again, and which findings a question is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stead.domain.finding import Finding

LAST_TURNS = 20
"""Turns that a model is told again, besides the first, which says what the conversation is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and its answer; `attached` is what was sent along with the question. `answer` is None while it is being found.

    `run` is the number of the run that finds the answer, None where nobody was asked. `key` tells a repeated request from a second one.
    """

    id: int
    asker: str
    question: str
    asked_at: datetime
    attached: str = ""
    key: str | None = None
    run: int | None = None
    answer: str | None = None
    answered_by: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A session of one principal with one agent, about one incident where `incident` is set. `ended_at` None: it may go on.

    `summary` holds the first `summed` of the turns that are no longer told in full.
    """

    id: str
    principal: str
    agent: str
    estate: str
    title: str
    created_at: datetime
    used_at: datetime
    incident: int | None = None
    ended_at: datetime | None = None
    summary: str = ""
    summed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is told again of a conversation: the first turn, what lies between, and the last ones."""

    first: tuple[Turn, ...]
    between: tuple[Turn, ...]
    last: tuple[Turn, ...]


def kept(turns: Sequence[Turn]) -> Kept:
    """The answered `turns` in three parts; nothing lies between where there are few."""
    whole = tuple(turn for turn in turns if turn.answer is not None)
    if len(whole) <= LAST_TURNS + 1:
        return Kept(first=whole[:1], between=(), last=whole[1:])
    return Kept(first=whole[:1], between=whole[1:-LAST_TURNS], last=whole[-LAST_TURNS:])


def shortened(text: str, most: int) -> str:
    """At most `most` characters, cut between words where that is near."""
    text = text.strip()
    if len(text) <= most:
        return text
    cut = text[: most - 2]
    return f"{cut[: cut.rfind(' ')] if cut.rfind(' ') > most * 2 // 3 else cut} …"


def in_a_line(turn: Turn, most: int = 160) -> str:
    """The turn without a model's help: what was asked, and how the answer begins."""
    answer = shortened(" ".join((turn.answer or "").split()), most)
    return f"- asked: {shortened(' '.join(turn.question.split()), most)} — answered: {answer}"


_WORD = re.compile(r"[^\W_]{2,}")
_NOTHING = """
a about again anything everything nothing all also am an and any are as at be because been but by can could did do does down for
from get give go got had has have he help her here him his how i if in into is it its just know last let look make me my no not now
of off ok on one or our out over please right she should show since so some something still tell than that the their them then there
these they thing things think this to today up us want was we well were what when where which who whom why will with would you your
broken bad error errors fail failed failing fails fine going happen happened happening healthy issue issues problem problems slow
status trouble unhealthy wrong working works work
"""
"""Words that name nothing: those of every question, and those that could be said of anything that is broken."""
_EMPTY = frozenset(_NOTHING.split())


def names_in(question: str) -> frozenset[str]:
    """The words of a question that may name something, in small letters."""
    return frozenset(word for word in _WORD.findall(question.casefold()) if word not in _EMPTY)


def fit(names: Iterable[str], finding: Finding) -> int:
    """How well a finding fits the words of a question: 0 not at all. A name weighs more than a place, and that more than a word."""
    subjects = [finding.subject, *([finding.top] if finding.top else []), *([finding.blames] if finding.blames else [])]
    named = _words(*(subject.name for subject in subjects), *finding.instances[:20])
    places = _words(*(subject.namespace for subject in subjects), finding.container)
    said = _words(*(subject.kind for subject in subjects), finding.summary, finding.reason, finding.check)
    return sum(3 * _meets(name, named) + 2 * _meets(name, places) + _meets(name, said) for name in names)


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORD.findall(text.casefold()))


def _meets(name: str, words: frozenset[str]) -> bool:
    """The same word, one or many of it, or its beginning from four letters on: `pods` means `pod`, `deploy` a Deployment."""
    one = name.removesuffix("s")
    return any(one == word.removesuffix("s") or _begins(name, word) or _begins(word, name) for word in words)


def _begins(beginning: str, word: str) -> bool:
    return len(beginning) >= 4 and word.startswith(beginning)
