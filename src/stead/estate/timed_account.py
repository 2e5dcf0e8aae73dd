"""An account of a host, a probe or an own check: which looks are about it, and what they said when they last looked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from stead.domain.finding import Finding, FindingState
from stead.domain.scan import Account, Word
from stead.domain.subject import Subject

if TYPE_CHECKING:
    from stead.estate.timed import Look


def account(
    itself: Subject, kinds: frozenset[str], looks: Mapping[str, Look], known: Mapping[str, Mapping[str, Finding]], asked: tuple[str, str]
) -> Account:
    """Of what is called `asked` (kind in lower case, "" for any; name): the estate as a whole, one that is looked at by its name, or what a
    look found something of. `kinds` are those of what is looked at by name."""
    kind, name = asked
    whole = name == itself.name and kind in ("", itself.kind.lower())
    chosen = {one: look for one, look in looks.items() if whole or (one == name and (not kind or kind in map(str.lower, kinds)))}
    subjects = {itself} if whole else {_named(itself, kinds, one) for one in chosen}
    for one, look in looks.items():
        about = {f.subject for f in known.get(one, {}).values() if f.subject.name == name and kind in ("", f.subject.kind.lower())}
        if about:
            subjects |= about
            chosen[one] = look
    words = [word for one, look in sorted(chosen.items()) for word in _words(look, known.get(one, {}), itself.kind)]
    blind = {f.summary for one in chosen for f in known.get(one, {}).values() if f.state is FindingState.BLIND}
    return Account(subjects=tuple(sorted(subjects)), words=tuple(words), blind=tuple(sorted(blind)))


def _named(itself: Subject, kinds: frozenset[str], name: str) -> Subject:
    return Subject(estate=itself.estate, api_version=itself.api_version, kind=min(kinds, default=itself.kind), name=name)


def _words(look: Look, said: Mapping[str, Finding], kind: str) -> Iterator[Word]:
    seen = [finding for finding in said.values() if finding.state is not FindingState.BLIND]
    for finding in seen:
        yield Word(check=look.check, kind=finding.subject.kind, looked_at=1, finding=finding)
    if not seen:
        yield Word(check=look.check, kind=kind, looked_at=1, blind=bool(said))
