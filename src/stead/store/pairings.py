"""Which chat identity is whose, and the one-time codes by which that is learned. Of a code only a salted hash is kept.

A code is `WXYZ-ABCDEF`: four letters that say which code it is, six that are secret (30 bits, for ten minutes, five tries). It is short
enough to be guessed offline from a copy of the database within those ten minutes only at a price: scrypt, RFC 7914.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import sqlalchemy as sa

from stead.store.chat_tables import pairing, pairing_code

LASTS = timedelta(minutes=10)
TRIES = 5

_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""Without those that are taken for one another when they are read out or copied by hand (I, L, O, U, 0, 1)."""
CODE = re.compile(rf"\s*([{_LETTERS}]{{4}})-?([{_LETTERS}]{{6}})\s*", re.IGNORECASE)


class Redeemed(Enum):
    """What came of a code that was not good."""

    UNKNOWN = "there is no such code, or it is over"
    WRONG = "the code is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """`identity` on channels of this kind is `person`; `shown` is the name that the provider showed then."""

    kind: str
    identity: str
    person: str
    shown: str
    at: datetime


def make_code(connection: sa.Connection, person: str, now: datetime) -> str:
    """A new code for this person, in the place of any before; it is shown this once."""
    connection.execute(sa.delete(pairing_code).where(sa.or_(pairing_code.c.person == person, pairing_code.c.expires_at <= now)))
    identity = "".join(secrets.choice(_LETTERS) for _ in range(4))
    secret = "".join(secrets.choice(_LETTERS) for _ in range(6))
    connection.execute(sa.delete(pairing_code).where(pairing_code.c.id == identity))
    values = {"id": identity, "person": person, "hash": _hashed(secret, secrets.token_hex(8)), "tries": TRIES, "expires_at": now + LASTS}
    connection.execute(sa.insert(pairing_code).values(**values))
    return f"{identity}-{secret}"


def redeem(connection: sa.Connection, code: str, now: datetime) -> str | Redeemed:
    """Whose code it is, and it is used up. A wrong one costs one of its tries, and the last of them the code."""
    found = CODE.fullmatch(code)
    row = None if found is None else connection.execute(sa.select(pairing_code).where(pairing_code.c.id == found[1].upper())).first()
    if found is None or row is None or row.expires_at <= now or row.tries <= 0:
        return Redeemed.UNKNOWN
    if not hmac.compare_digest(row.hash, _hashed(found[2].upper(), row.hash.partition(":")[0])):
        connection.execute(sa.update(pairing_code).where(pairing_code.c.id == row.id).values(tries=row.tries - 1))
        return Redeemed.WRONG
    connection.execute(sa.delete(pairing_code).where(pairing_code.c.id == row.id))
    return row.person


def pair(connection: sa.Connection, made: Pairing) -> None:
    """From now on; whoever had that identity has it no more."""
    connection.execute(sa.delete(pairing).where(pairing.c.kind == made.kind, pairing.c.identity == made.identity))
    values = {"kind": made.kind, "identity": made.identity, "person": made.person, "shown": made.shown, "at": made.at}
    connection.execute(sa.insert(pairing).values(**values))


def unpair(connection: sa.Connection, person: str, kind: str | None = None) -> int:
    """Forget the person's identities, of one kind of channel or (None) of all, and their codes; how many."""
    which = pairing.c.person == person if kind is None else sa.and_(pairing.c.person == person, pairing.c.kind == kind)
    connection.execute(sa.delete(pairing_code).where(pairing_code.c.person == person))
    return connection.execute(sa.delete(pairing).where(which)).rowcount


def listed(connection: sa.Connection) -> Sequence[Pairing]:
    rows = connection.execute(sa.select(pairing).order_by(pairing.c.person, pairing.c.kind, pairing.c.identity))
    return [Pairing(kind=r.kind, identity=r.identity, person=r.person, shown=r.shown, at=r.at) for r in rows]


def person_of(connection: sa.Connection, kind: str, identity: str) -> str | None:
    query = sa.select(pairing.c.person).where(pairing.c.kind == kind, pairing.c.identity == identity)
    return connection.execute(query).scalar()


def _hashed(secret: str, salt: str) -> str:
    return f"{salt}:{hashlib.scrypt(secret.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()}"
