"""The audit chain: each row holds the hash of the one before it, and signed heads tell how long the chain was and how it ended.

Promise: pure. A row that was changed, taken out or put in breaks the chain; a tail that was cut off, or a chain that was written anew, does
not fit a head that was signed with a key which the database has not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64
"""What the first row names as the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`kind` is evidence, decision, approval, intent, outcome, proof, refusal, stop or policy · `principal` who did it ·
    `body` JSON text."""

    seq: int
    at: datetime
    kind: str
    principal: str
    incident: int | None
    action: str
    body: str
    before: str
    hash: str = ""

    def hashed(self) -> str:
        """sha256 over everything in the row but the hash itself."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        bound = [self.seq, at, self.kind, self.principal, self.incident, self.action, self.body, self.before]
        return hashlib.sha256(json.dumps(bound, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """That the chain had `seq` rows at a time, and ended in `hash`."""

    seq: int
    hash: str
    at: datetime
    signature: str = ""

    @property
    def signed_text(self) -> bytes:
        """What is signed."""
        return f"stead audit head\n{self.seq}\n{self.hash}\n{self.at.astimezone(UTC).isoformat(timespec='microseconds')}\n".encode()


def problems(rows: Iterable[Row], heads: Sequence[Head]) -> Iterator[str]:
    """What is wrong with the chain, each in a sentence; nothing when it is whole. `heads` are those whose signatures hold."""
    wanted = {head.seq: head for head in heads}
    before, last = GENESIS, 0
    for row in rows:
        if row.seq != last + 1:
            yield f"rows {last + 1} to {row.seq - 1} are missing" if row.seq > last + 1 else f"row {row.seq} is there twice"
        if row.before != before:
            yield f"row {row.seq} does not follow the row before it"
        if row.hashed() != row.hash:
            yield f"row {row.seq} was changed"
        head = wanted.pop(row.seq, None)
        if head is not None and head.hash != row.hash:
            yield f"row {row.seq} is not the one that was signed on {head.at:%Y-%m-%d %H:%M} UTC: the chain was written anew"
        before, last = row.hash, row.seq
    for head in sorted(wanted.values(), key=lambda one: one.seq):
        yield f"the chain ends at row {last}, and had {head.seq} rows on {head.at:%Y-%m-%d %H:%M} UTC: its tail was cut off"
