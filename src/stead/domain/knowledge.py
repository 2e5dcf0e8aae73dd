"""What is known of a house beyond what its checks see: runbooks, edge cases, skills and pages. Plain values, and when one of them fits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from stead.domain.finding import Finding
from stead.domain.matching import Patterns
from stead.domain.subject import Subject

OWN = "stead"
"""The source of what Stead itself wrote."""
MOST_TEXT = 65_536
"""Bytes of one entry."""
NOTES = ("AGENTS.md", "CLAUDE.md")
"""Files in which the owner of a folder or repository says to agents what holds there (https://agents.md)."""


class KnowledgeKind(StrEnum):
    """RUNBOOK: how a fault is looked at and cured. EDGE_CASE: a special case of this house, and the strategy for it. SKILL: how something
    is done. PAGE: anything else that is worth finding."""

    RUNBOOK = "runbook"
    EDGE_CASE = "edge-case"
    SKILL = "skill"
    PAGE = "page"

    @property
    def word(self) -> str:
        """`Edge case`."""
        return self.value.replace("-", " ").capitalize()


class KnowledgeState(StrEnum):
    """Only what is APPROVED is told to anybody unasked; what a source holds is approved by whoever may write there."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """When an entry fits: patterns, any of which may match; an empty list asks for nothing.

    `checks` are names of checks, or of alerts that were heard · `reasons` reason codes · `kinds` and `names` of the subject or of what owns
    it, both of the same object · `namespaces` of the subject.
    """

    checks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether it says which fault it is about, and not only which objects."""
        return bool(self.checks or self.reasons)

    @property
    def asked(self) -> int:
        """How many conditions it has: who asks for more knows better."""
        return sum(1 for wanted in (self.checks, self.reasons, self.kinds, self.namespaces, self.names) if wanted)

    def match(self, finding: Finding) -> bool:
        """Whether every condition holds, and there is one."""
        return (
            self.asked > 0
            and _any(self.checks, (finding.check, finding.check.partition("/")[2]))
            and _any(self.reasons, (finding.reason,))
            and _any(self.namespaces, (finding.subject.namespace,))
            and any(self._is_it(subject) for subject in (finding.subject, finding.top) if subject is not None)
        )

    def _is_it(self, subject: Subject) -> bool:
        return _any(self.kinds, (subject.kind,)) and _any(self.names, (subject.name,))


def _any(wanted: tuple[str, ...], have: Iterable[str]) -> bool:
    return not wanted or any(Patterns(wanted).match(value) for value in have if value)


def fits_text(fits: Fits) -> str:
    """As the store keeps it; "" for what asks for nothing."""
    asked = {name: list(wanted) for name in Fits.__dataclass_fields__ if (wanted := getattr(fits, name))}
    return json.dumps(asked, sort_keys=True) if asked else ""


@lru_cache(maxsize=4096)
def fits_of(text: str) -> Fits:
    """What `fits_text` wrote."""
    given: dict[str, list[str]] = json.loads(text) if text else {}
    return Fits(**{name: tuple(wanted) for name, wanted in given.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a file or a model says, before it has a place in the store. `strategy` is what to do, in a sentence."""

    kind: KnowledgeKind
    title: str
    text: str
    strategy: str = ""
    fits: Fits = field(default_factory=Fits)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """One entry, `K-3`. `source` and `path` say where it stands, `commit` as of when ("" where its source has none); `stamp` tells two
    states of the file apart. What Stead wrote has the source `stead`, with its `author`, `run` and `incident`; `tainted`: words of somebody
    else led to it."""

    number: int
    source: str
    path: str
    written: Written
    state: KnowledgeState
    created_at: datetime
    changed_at: datetime
    stamp: str = ""
    commit: str = ""
    author: str = ""
    run: int = 0
    incident: int = 0
    tainted: bool = False
    decided_by: str = ""

    @property
    def own(self) -> bool:
        """Whether Stead wrote it."""
        return self.source == OWN

    @property
    def note(self) -> bool:
        """Whether the owner wrote it for agents, and not for the cases that its front matter names."""
        return is_note(self.path) and self.written.fits.asked == 0

    def holds(self, now: datetime) -> bool:
        ends = self.written.expires_at
        return self.state is KnowledgeState.APPROVED and (ends is None or ends > now)

    @property
    def place(self) -> str:
        """`house: runbooks/disk.md at 4f2a9c1d`."""
        return f"{self.source}: {self.path}" + (f" at {self.commit[:12]}" if self.commit else "")


def is_note(path: str) -> bool:
    """Whether a file of that path is the owner's word to agents."""
    return path.rpartition("/")[2].lower() in {name.lower() for name in NOTES}


_FIRST = (KnowledgeKind.EDGE_CASE, KnowledgeKind.RUNBOOK, KnowledgeKind.SKILL, KnowledgeKind.PAGE)


def best_first(entries: Iterable[Knowledge]) -> list[Knowledge]:
    """What fits: special cases before runbooks, and of one kind whoever asks for more before whoever asks for less."""
    return sorted(entries, key=lambda entry: (_FIRST.index(entry.written.kind), -entry.written.fits.asked, entry.number))


_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 24
_EVERYWHERE = (
    "a about again all also an and any are as at be been but by can could did do does for from had has have how i if in "
    "into is it its just me my no not now of on or our should so than that the their them then there these they this to too "
    "up us was we were what when where which who why will with would you your"
)
_EMPTY = frozenset(_EVERYWHERE.split())
"""English words that stand in every text: nothing is found by them."""


def words_of(text: str) -> list[str]:
    """What `text` can be searched by: its words in lower case, each once, without those that stand everywhere."""
    found = dict.fromkeys(word.casefold() for word in _WORD.findall(text[:20_000]))
    return [word for word in found if len(word) > 1 and word not in _EMPTY][:MOST_WORDS]


_ENDING = re.compile(r"(?<=...)(?:ings?|ies|ied|es|ed|y|s|e)$")


def held(words: Sequence[str], text: str) -> int:
    """How many of the words `text` holds, also with another ending: an index of stems has found it, and this says by which."""
    there = {_ENDING.sub("", word.casefold()) for word in _WORD.findall(text)}
    return sum(1 for word in words if _ENDING.sub("", word) in there)


def lines_with(text: str, words: Sequence[str], most: int = 3) -> list[tuple[int, str]]:
    """(number from 1, line) of the lines that hold most of the words, in the order of the text."""
    counted = [(held(words, line), number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    best = sorted((one for one in counted if one[0]), key=lambda one: (-one[0], one[1]))[:most]
    return sorted((number, line) for _, number, line in best)
