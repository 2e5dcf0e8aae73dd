"""Text of somebody else's, made fit to be read by a model: without what is invisible, cut by meaning, and fenced.

Cut by meaning: the beginning, the end, and what looks like trouble in between, alike lines once with their count; never a blind cut in the
middle of a word. What is left out is said, with the lines' numbers, so that it can be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST = 12_000
"""Characters of one tool's answer that a model is shown."""
LONGEST_LINE = 800
"""Characters; a longer line goes on in the next one, so that no part of it is out of reach."""
GOES_ON = "↳ "
"""Begins a line that goes on from the one before it."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
"""Control characters, and those that hide or turn text: format characters, variation selectors and tags (Unicode 16, categories Cc, Cf)."""
_TROUBLE = re.compile(
    r"(?i)\b(error|err|fatal|panic|fail(?:ed|ure|s)?|exception|traceback|refused|denied|timed? ?out|oom|killed|crash\w*|unable|cannot)\b"
)
_VARYING = re.compile(r"\d+|0x[0-9a-f]+|[0-9a-f]{8,}", re.IGNORECASE)


def visible(text: str) -> str:
    """Without escape sequences of terminals and characters that nobody sees; tabs are spaces."""
    return _UNSEEN.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """`text` is what is shown of `lines` lines; `left_out` how many of them are not."""

    text: str
    lines: int
    left_out: int


def excerpt(text: str, most: int = MOST) -> Excerpt:
    """What to show of `text`, at most `most` characters."""
    lines = folded(text)
    if _size(lines) <= most:
        return Excerpt(text="\n".join(lines), lines=len(lines), left_out=0)
    kept = _choose(lines, most)
    return Excerpt(text="\n".join(_told(lines, kept)), lines=len(lines), left_out=len(lines) - len(kept))


def part(text: str, most: int, begin: int) -> Excerpt:
    """`text` from line `begin` on (from 1), as many whole lines as `most` characters hold: read on, nothing chosen."""
    lines = folded(text)
    wanted = lines[max(begin, 1) - 1 :]
    shown = [wanted[number] for number in _fill(range(len(wanted)), wanted, most)]
    return Excerpt(text="\n".join(shown), lines=len(lines), left_out=len(lines) - len(shown))


def folded(text: str) -> list[str]:
    """The lines of `text` as paging numbers them, each of at most `LONGEST_LINE` characters. Folding them again changes nothing."""
    lines = [piece for line in text.split("\n") for piece in _pieces(line.rstrip())]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _pieces(line: str) -> Iterator[str]:
    yield line[:LONGEST_LINE]
    step = LONGEST_LINE - len(GOES_ON)
    yield from (GOES_ON + line[at : at + step] for at in range(LONGEST_LINE, len(line), step))


def ends_of(text: str, most: int) -> str:
    """`text` as it is kept: of one that is longer than `most` characters the beginning, a quarter, and the end, each to a whole line."""
    if len(text) <= most:
        return text
    head, tail = text[: most // 4], text[len(text) - most * 3 // 4 :]
    head, tail = head[: head.rfind("\n") + 1] or head, tail[tail.find("\n") + 1 :]
    return f"{head}… {len(text) - len(head) - len(tail)} characters were not kept …\n{tail}"


def fenced(text: str, nonce: str) -> str:
    """Between marks that the text cannot hold, because nobody knew them when it was written."""
    return f"<<{nonce}\n{text.replace(nonce, '')}\n{nonce}>>"


def _choose(lines: Sequence[str], most: int) -> set[int]:
    """Numbers of the lines that are kept: a fifth of the room for the beginning, two fifths each for the end and for trouble."""
    room = most - 200
    kept = set(_fill(range(len(lines)), lines, room // 5))
    kept |= set(_fill(range(len(lines) - 1, -1, -1), lines, room * 2 // 5))
    alike: set[str] = set()
    trouble: list[int] = []
    for number, line in enumerate(lines):
        form = _VARYING.sub("#", line)
        if number not in kept and form not in alike and _TROUBLE.search(line):
            alike.add(form)
            trouble.append(number)
    return kept | set(_fill(trouble, lines, room * 2 // 5 - 60 * min(len(trouble), 40)))


def _fill(numbers: Sequence[int], lines: Sequence[str], room: int) -> Iterator[int]:
    for number in numbers:
        room -= len(lines[number]) + 1
        if room < 0:
            return
        yield number


def _told(lines: Sequence[str], kept: set[int]) -> Iterator[str]:
    gap = 0
    for number, line in enumerate(lines):
        if number in kept:
            if gap:
                yield _gap(gap, number)
            gap = 0
            yield line
        else:
            gap += 1
    if gap:
        yield _gap(gap, len(lines))


def _gap(count: int, last: int) -> str:
    return f"… {count} lines left out ({last - count + 1} to {last}) …"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
