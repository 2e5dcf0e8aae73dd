"""The packer: what a run is told at its beginning, in one budget of bytes, each part best first.

Every part keeps its best item, and gets its share of the room; what a part does not need goes to the others in their order. So a storm of
findings does not push out the runbook, and a long runbook not the cause. What is left out is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`items` best first, under a `heading`; `share` of the room is its own. `rest(n)` says that n items are left out, "" for nothing."""

    heading: str
    items: Sequence[str]
    share: float
    rest: Callable[[int], str] = field(default=lambda _: "")

    @property
    def text(self) -> str:
        """All of it, where there is room; "" where there is nothing."""
        return _told(self, len(self.items)) if self.items else ""


@dataclass(frozen=True, slots=True)
class Packed:
    """`text` is what is told; `kept` how many items of each part are in it."""

    text: str
    kept: tuple[int, ...]


def weight(text: str) -> int:
    """Bytes of `text` in a request's body, where a line's end and a quotation mark are two."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="replace")) - 2


def pack(parts: Sequence[Part], room: int) -> Packed:
    """The parts in their order, in about `room` bytes: more only where the best items alone are more."""
    there = [part for part in parts if part.items]
    heads = [weight(part.heading) + (4 if part.heading else 2) for part in there]
    sizes = [[weight(item) + 2 for item in part.items] for part in there]
    rests = [_rest(part, len(part.items) - 1) for part in there]
    least = [head + size[0] + rest for head, size, rest in zip(heads, sizes, rests, strict=True)]
    spare = max(0, room - sum(least))
    wanted = [max(0, sum(size[1:]) - rest) for size, rest in zip(sizes, rests, strict=True)]
    grants = [min(want, int(spare * part.share)) for want, part in zip(wanted, there, strict=True)]
    left = spare - sum(grants)
    kept = [1] * len(there)
    for number in (*range(len(there)), *range(len(there))):  # what the last parts leave goes to the first ones
        kept[number], used = _fill(there[number], sizes[number], grants[number] + left)
        left += grants[number] - used
        grants[number] = used
    fits = iter(kept)
    texts = [_told(part, count) for part, count in zip(there, kept, strict=True)]
    return Packed("\n\n".join(texts), tuple(next(fits) if part.items else 0 for part in parts))


def _fill(part: Part, sizes: Sequence[int], grant: int) -> tuple[int, int]:
    """How many items fit, the best one always, and what they weigh beyond it and the word about all others."""
    best, used, least = (1, 0), 0, _rest(part, len(sizes) - 1)
    for count in range(2, len(sizes) + 1):
        used += sizes[count - 1]
        more = used + _rest(part, len(sizes) - count) - least
        if more <= grant:
            best = (count, max(0, more))
    return best


def _rest(part: Part, left_out: int) -> int:
    return weight(part.rest(left_out)) + 2 if left_out else 0


def _told(part: Part, count: int) -> str:
    rest = part.rest(len(part.items) - count) if count < len(part.items) else ""
    return "\n".join([*([part.heading] if part.heading else []), *part.items[:count], *([rest] if rest else [])])
