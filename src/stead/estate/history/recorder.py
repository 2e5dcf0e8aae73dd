"""One estate's history: told of every object that is read, it notes what changed, and answers which changes may have caused a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from stead.domain.change import LOOKBACK, SKEW, Change, Done, causes
from stead.domain.diffing import Path, changed, diff
from stead.domain.finding import Finding
from stead.domain.subject import Key, Subject
from stead.estate.history.book import Book, Place
from stead.estate.history.hands import Application, application_of, hand_of, moment, revision_words, source_words
from stead.estate.history.kept import SPECS, Glance, Keeper, glance, revision_of, shown
from stead.estate.history.made_from import SOURCE, MadeFrom
from stead.estate.history.related import related
from stead.estate.kubernetes.kinds import Kind
from stead.estate.kubernetes.live import text
from stead.estate.kubernetes.view import View
from stead.ports import Clock

_APPLICATIONS = ("Application", "Kustomization", "HelmRelease")
_MOST_RECENT = 5_000
"""Changes that are held in memory to answer from; beyond that the oldest are only on disk."""


def wants(kind: Kind) -> bool:
    """Whether objects of this kind are remembered."""
    return (kind.group, kind.kind) in SPECS


class History:
    """Fed by the watch, on its loop. `excluded` tells which namespaces are not looked at."""

    def __init__(self, estate_id: str, book: Book, keeper: Keeper, clock: Clock, excluded: Callable[[str], bool]) -> None:
        self._id = estate_id
        self._book = book
        self._keeper = keeper
        self._clock = clock
        self._excluded = excluded
        self._hashes = book.hashes(estate_id)
        self._known = book.known(estate_id)
        self._revisions: dict[Application, str] = {}
        self._numbered: dict[Place, str] = {}
        self._made_from = MadeFrom()
        self._made_by: dict[Place, Application] = {}
        self._recent: dict[Key, list[Change]] = {}
        self._held = 0
        book.prune(clock.now())
        for change in reversed(book.changes(since=clock.now() - 2 * LOOKBACK, estate=estate_id, most=_MOST_RECENT)):
            self._hold(change)
        for kind in {place[0] for place in self._hashes if place[0].partition(".")[0] in (*_APPLICATIONS, SOURCE)}:
            for place, body in book.bodies(estate_id, kind):
                self._made_from.note(kind.partition(".")[0], *place[1:], body)
                self._remember_revision(kind.partition(".")[0], place, text(body, "revision"))

    # What the watch tells

    def seen(self, kind: Kind, raw: bytes | msgspec.Raw) -> None:
        """An object as it is now. One that cannot be read is passed over: the mirror calls it blind."""
        if not wants(kind):
            return
        found = glance(kind.kind, raw)
        if found is None or self._excluded(found.namespace):
            return
        place = _place(kind, found.namespace, found.name)
        if found.made_by is not None:
            self._made_by[place] = found.made_by
        if self._hashes.get(place) != found.hash:
            try:
                obj = msgspec.json.decode(raw, type=dict[str, Any])
            except (ValueError, RecursionError):
                return
            self._take(kind, place, found, obj)
        elif found.revision and self._numbered.get(place, found.revision) != found.revision:
            self._renumber(place, _subject(self._id, kind, found.namespace, found.name, "").key, f"revision {found.revision}")
        if found.revision:
            self._numbered[place] = found.revision

    def gone(self, kind: Kind, namespace: str, name: str) -> None:
        """The API server says that it is deleted."""
        place = _place(kind, namespace, name)
        self._made_by.pop(place, None)
        if self._hashes.pop(place, None) is not None:
            self._book.remove(self._id, place)
            self._add(place, Change(subject=_subject(self._id, kind, namespace, name, ""), at=self._clock.now(), done=Done.DELETED))

    def listed(self, kind: Kind, names: Iterable[tuple[str, str]]) -> None:
        """These (namespace, name) are all that there are: what else is remembered was deleted while nobody looked."""
        if not wants(kind):
            return
        there = set(names)
        called = _place(kind, "", "")[0]
        for _, namespace, name in [place for place in self._hashes if place[0] == called and place[1:] not in there]:
            self.gone(kind, namespace, name)
        if called not in self._known:
            self._known.add(called)
            self._book.know(self._id, called)

    def flush(self) -> None:
        """Make what was noted last."""
        self._book.commit()

    # What is asked

    def explain(self, finding: Finding, view: View) -> Finding:
        """The finding with the changes that could have caused it, nearest first."""
        if not self._recent:
            return finding
        since = finding.since or self._clock.now()
        # That a ConfigMap was made breaks nothing; that the workload itself was made tells that it never worked.
        keys = related(finding, view)
        found = [change for key in keys for change in self._recent.get(key, ()) if change.done is not Done.CREATED or key in finding.keys]
        near = causes([*found, *self._pushes(keys)], since)
        return replace(finding, changes=near) if near else finding

    def since(self, when: datetime) -> list[Change]:
        """All changes since then, newest first, at most 2,000."""
        return self._book.changes(since=when, estate=self._id, most=2_000)

    def pushed(self, change: Change) -> bool:
        """Note a push to a repository. False when it was noted before: the forge sent it again."""
        place = (change.subject.kind, "", change.subject.name)
        if any(replace(one, at=change.at) == change for one in self._book.of_one(self._id, place)):
            return False
        self._add(place, change)
        self._book.commit()
        return True

    def _pushes(self, keys: Iterable[Key]) -> Iterator[Change]:
        """Pushes of what the applications are made from that made these objects, or are these objects."""
        told = set[tuple[Key, datetime]]()
        for _, group, kind, namespace, name in keys:
            place = (f"{kind}.{group}" if group else kind, namespace, name)
            application = (kind, namespace, name) if kind in _APPLICATIONS else self._made_by.get(place)
            for tracked in () if application is None else self._made_from.of(application):
                for subject in tracked.subjects(self._id):
                    for change in self._recent.get(subject.key, ()):
                        if tracked.touched_by(change) and (subject.key, change.at) not in told:
                            told.add((subject.key, change.at))
                            yield change

    # How it is noted

    def _take(self, kind: Kind, place: Place, found: Glance, obj: dict[str, Any]) -> None:
        kept = self._keeper.keep(kind.kind, obj)
        before = self._book.body(self._id, place) if place in self._hashes else None
        self._hashes[place] = found.hash
        self._book.put(self._id, place, found.uid, found.hash, kept)
        if kind.kind in (*_APPLICATIONS, SOURCE):
            self._made_from.note(kind.kind, found.namespace, found.name, kept)
        if kind.kind in _APPLICATIONS:
            self._remember_revision(kind.kind, place, revision_of(kind.kind, obj))
        subject = _subject(self._id, kind, found.namespace, found.name, found.uid)
        if before is not None:
            self._note(place, self._change(subject, before, kept, obj, self._numbered.get(place, "")))
        elif place[0] in self._known:
            made = moment(text(obj, "metadata", "creationTimestamp")) or self._clock.now()
            path: Path = ("data",) if kind.kind == "ConfigMap" else ("spec",)
            words = revision_words(kind.kind, obj, numbered="")
            created = Change(subject=subject, at=made, done=Done.CREATED, manager=hand_of(obj, path)[0], revision=words)
            self._note(place, replace(created, source=self._source(obj)))

    def _change(self, subject: Subject, before: dict[str, Any], kept: dict[str, Any], obj: dict[str, Any], numbered: str) -> Change | None:
        fields = tuple(shown(field) for field in diff(before, kept))
        if not fields:
            return None
        first = next(path for path, _, _ in changed(before, kept))
        if subject.kind == "Node":
            first = ("spec", "unschedulable") if first[0] == "unschedulable" else ("status", "nodeInfo")
        manager, when, subresource = hand_of(obj, first)
        if subresource == "scale" and {field.path for field in fields} == {"spec.replicas"}:
            return None  # an autoscaler at its work
        now = self._clock.now()
        if when is None or when > now + SKEW or first[:1] == ("status",):
            manager, when = ("kubelet" if first[:1] == ("status",) else manager), now
        template = any(field.path.startswith("spec.template") for field in fields)
        words = revision_words(subject.kind, obj, numbered=numbered if template else None)
        return Change(subject=subject, at=when, manager=manager, revision=words, source=self._source(obj), fields=fields)

    def _source(self, obj: dict[str, Any]) -> str:
        application = application_of(obj)
        if application is None:
            return ""
        kind, _, name = application
        return source_words(application, self._revisions.get(application) or self._revisions.get((kind, "", name), ""))

    def _remember_revision(self, kind: str, place: Place, revision: str) -> None:
        if revision:
            _, namespace, name = place
            self._revisions[kind, namespace, name] = self._revisions[kind, "", name] = revision

    def _renumber(self, place: Place, key: Key, revision: str) -> None:
        """The controller has numbered the template that was written last."""
        changes = self._recent.get(key, [])
        if changes and changes[-1].revision != revision and any(f.path.startswith("spec.template") for f in changes[-1].fields):
            changes[-1] = replace(changes[-1], revision=revision)
            self._book.correct(place, changes[-1])

    def _note(self, place: Place, change: Change | None) -> None:
        if change is not None:
            self._add(place, change)

    def _add(self, place: Place, change: Change) -> None:
        self._book.add(place, change)
        self._hold(change)

    def _hold(self, change: Change) -> None:
        self._recent.setdefault(change.subject.key, []).append(change)
        self._held += 1
        if self._held > _MOST_RECENT:
            self._let_go(change.at - 2 * LOOKBACK)

    def _let_go(self, before: datetime) -> None:
        """Forget what is too old to explain a fault, and the older half of what is left where that is not enough."""
        every = sorted((change for changes in self._recent.values() for change in changes), key=lambda change: change.at)
        kept = [change for change in every if change.at >= before][-_MOST_RECENT // 2 :]
        self._recent = {}
        self._held = len(kept)
        for change in kept:
            self._recent.setdefault(change.subject.key, []).append(change)


def _place(kind: Kind, namespace: str, name: str) -> Place:
    return (f"{kind.kind}.{kind.group}" if kind.group else kind.kind, namespace, name)


def _subject(estate: str, kind: Kind, namespace: str, name: str, uid: str) -> Subject:
    return Subject(estate=estate, api_version=kind.api_version, kind=kind.kind, namespace=namespace, name=name, uid=uid)
