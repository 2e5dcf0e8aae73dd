"""A whole log in a few lines: the errors that ended it, how often each was said, and the last words.

Promise: any bytes have a digest, in time linear in what is looked at (`lines.MOST_BYTES`); it holds no control characters and is as short
as it is asked to be. It is not redacted: whoever shows it does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stead.domain.logs.entries import ERROR, WARNING, WORDS, Entry, entry
from stead.domain.logs.lines import lines_of
from stead.domain.logs.templates import template
from stead.domain.logs.traces import Trace, traces

FEW = 10
"""A log of so few lines is shown as it is."""
MOST_TRACES, MOST_ERRORS, LAST = 2, 4, 3
LONGEST = 300
"""Characters of one line of a digest."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One thing that was said `count` times: the newest wording of it."""

    text: str
    count: int
    level: int


@dataclass(frozen=True, slots=True)
class Digest:
    """`traces` the last ones, each with how often it was seen · `errors` worst and newest first · `last` what was said at the end ·
    `lines` how many there were · `whole` all of them, where they are few."""

    traces: tuple[tuple[Trace, int], ...] = ()
    errors: tuple[Cluster, ...] = ()
    last: tuple[str, ...] = ()
    lines: int = 0
    whole: tuple[str, ...] = ()

    @property
    def first_cause(self) -> str:
        """The innermost error of the last trace, else the worst error; "" where nothing looks like one."""
        if self.traces:
            return self.traces[0][0].cause or self.traces[0][0].error
        return self.errors[0].text if self.errors else ""

    def told(self, most: int = 1000) -> str:
        """The digest in at most `most` characters."""
        told: list[str] = []
        for line in self.whole or tuple(self._lines()):
            if line not in told:
                told.append(line)
        if self.whole:
            return "\n".join(told)[-most:].strip()
        return _fitted(told, most)

    def _lines(self) -> Iterator[str]:
        for trace, count in self.traces:
            yield _times(trace.error[:LONGEST], count)
            if trace.cause:
                yield f"  caused by {trace.cause[:LONGEST]}"
            yield from (f"  at {frame}" for frame in trace.frames)
        for cluster in self.errors:
            word = WORDS[cluster.level]
            said = cluster.text[:LONGEST]
            yield _times(said if said.lower().startswith(word) else f"{word}: {said}", cluster.count)
        yield from (line[:LONGEST] for line in self.last)


def digest(raw: bytes) -> Digest:
    """What matters of a log."""
    return of_lines(lines_of(raw))


def of_lines(lines: Sequence[str]) -> Digest:
    """The same, of lines that `lines_of` made."""
    entries = [entry(line) for line in lines]
    found = list(traces(lines))
    if len(lines) <= FEW and not any(one.structured for one in entries) and not any(trace.frames for trace in found):
        return Digest(_distinct(found), _errors(entries), (), len(lines), tuple(lines))
    inside = {n for trace in found for n in range(trace.start, trace.end)}
    outside = [one for n, one in enumerate(entries) if n not in inside]
    for one in outside:
        if one.stack:
            found += traces(lines_of(one.stack.encode(errors="replace")))
    errors = _errors(outside)
    told = {template(cluster.text) for cluster in errors}
    last = tuple(one.text for one in outside[-LAST:] if template(one.text) not in told)
    return Digest(_distinct(found), errors, last, len(lines))


def _distinct(found: Sequence[Trace]) -> tuple[tuple[Trace, int], ...]:
    """The last traces that differ, newest first."""
    counts: dict[str, int] = {}
    newest: dict[str, Trace] = {}
    for trace in found:
        key = template(f"{trace.error} {trace.cause}")
        counts[key] = counts.get(key, 0) + 1
        newest.pop(key, None)
        newest[key] = trace
    return tuple((trace, counts[key]) for key, trace in list(newest.items())[: -MOST_TRACES - 1 : -1])


def _errors(entries: Sequence[Entry]) -> tuple[Cluster, ...]:
    """What was said as an error, by what it says; warnings only where there is no error."""
    counts: dict[str, int] = {}
    newest: dict[str, Entry] = {}
    for one in entries:
        if one.level >= WARNING:
            key = template(one.text)
            counts[key] = counts.get(key, 0) + 1
            newest.pop(key, None)
            newest[key] = one
    clusters = [Cluster(one.text, counts[key], one.level) for key, one in reversed(newest.items())]
    worse = [cluster for cluster in clusters if cluster.level >= ERROR] or clusters
    return tuple(sorted(worse, key=lambda cluster: -cluster.level)[:MOST_ERRORS])


def _times(text: str, count: int) -> str:
    return text if count == 1 else f"{text} (×{count})"


def _fitted(lines: Sequence[str], most: int) -> str:
    """As many lines from the top as fit, whole where that is possible."""
    kept: list[str] = []
    left = most
    for line in lines:
        if len(line) + 1 > left:
            if left > 80 or not kept:
                kept.append(line[: max(0, left - 1)] + "…")
            break
        kept.append(line)
        left -= len(line) + 1
    return "\n".join(kept)[:most].rstrip()
