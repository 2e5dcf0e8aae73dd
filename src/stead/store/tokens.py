"""Tokens: who may ask the API for what. Only hashes are kept; the token itself is shown once.

A token is `stead_{id}_{secret}` with a secret of 256 random bits. A plain SHA-256 is enough for that: salt and stretching defend
secrets that can be guessed, and NIST SP 800-63B, 5.1.2.2, asks for neither from 112 bits of entropy on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from stead.domain.errors import Exit, UserError
from stead.domain.people import Principal, PrincipalKind, Role
from stead.store.codec import dumps, loads
from stead.store.tables import token

NAME = re.compile(r"[a-z0-9]([a-z0-9.:@_-]{0,61}[a-z0-9])?", re.ASCII)
_PLAIN = re.compile(r"stead_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)

USED_EVERY = timedelta(minutes=1)
"""How exactly `used_at` is kept: a write for every request would cost more than the knowledge is worth."""


class Scope(StrEnum):
    """What a token may do; each is given by itself."""

    READ = "read"
    APPROVE = "approve"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept. `expires_at` None means until it is revoked."""

    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        role = Role.ADMIN if Scope.ADMIN in self.scopes else Role.APPROVER if Scope.APPROVE in self.scopes else Role.VIEWER
        return Principal(kind=PrincipalKind.TOKEN, name=self.name, role=role)

    def use_is_news(self, now: datetime) -> bool:
        """Whether `used_at` is old enough to be written again."""
        return self.used_at is None or now - self.used_at >= USED_EVERY

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def parse_scopes(text: str) -> frozenset[Scope]:
    """`read,approve` → the scopes. UserError for a word that is none."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in set(Scope)]
    if unknown or not words:
        raise UserError(f"`{unknown[0] if unknown else text}` is not a scope", hint=f"one or more of {', '.join(Scope)}, with commas")
    return frozenset(Scope(word) for word in words)


def add(connection: sa.Connection, name: str, scopes: frozenset[Scope], *, now: datetime, expires_at: datetime | None = None) -> str:
    """Keep a new token and return it, for the only time. UserError when the name is taken or is none."""
    if not NAME.fullmatch(name):
        raise UserError(f"`{name[:80]}` is not a name for a token", hint="lower-case letters, digits and . : @ _ -, at most 63")
    if connection.execute(sa.select(token.c.id).where(token.c.name == name)).first() is not None:
        raise UserError(f"there is a token `{name}` already", hint=f"stead token revoke {name}, or choose another name", code=Exit.NEGATIVE)
    identity, plain = _new()
    connection.execute(
        sa.insert(token).values(
            id=identity, name=name, hash=_hash(plain), scopes=dumps(sorted(scopes)), created_at=now, expires_at=expires_at
        )
    )
    return plain


def replace(connection: sa.Connection, name: str, scopes: frozenset[Scope], *, now: datetime) -> str:
    """A new token in place of the one of this name, which is no longer good."""
    connection.execute(sa.delete(token).where(token.c.name == name))
    return add(connection, name, scopes, now=now)


def find(connection: sa.Connection, plain: str) -> Token | None:
    """The token that `plain` is, expired or not; None when it is none. Changes nothing."""
    found = _PLAIN.fullmatch(plain)
    if found is None:
        return None
    row = connection.execute(sa.select(token).where(token.c.id == found[1])).first()
    # Bytes: compare_digest refuses text beyond ASCII, and takes the same time wherever the two differ.
    if row is None or not hmac.compare_digest(row.hash.encode(), _hash(plain).encode()):
        return None
    return _token(row)


def mark_used(connection: sa.Connection, name: str, now: datetime) -> None:
    connection.execute(sa.update(token).where(token.c.name == name).values(used_at=now))


def listed(connection: sa.Connection) -> Sequence[Token]:
    return [_token(row) for row in connection.execute(sa.select(token).order_by(token.c.name))]


def revoke(connection: sa.Connection, name: str) -> bool:
    """Whether there was one of this name; it is no longer good."""
    return connection.execute(sa.delete(token).where(token.c.name == name)).rowcount > 0


def _new() -> tuple[str, str]:
    identity = secrets.token_hex(6)
    return identity, f"stead_{identity}_{secrets.token_urlsafe(32)}"


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    known = frozenset(Scope(word) for word in loads(row.scopes, list[str]) if word in set(Scope))
    return Token(name=row.name, scopes=known, created_at=row.created_at, expires_at=row.expires_at, used_at=row.used_at)
