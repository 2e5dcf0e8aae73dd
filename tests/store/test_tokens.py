"""Tokens in the store: hashes only, one of a name, gone when revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.domain.people import Role
from stead.store import tokens
from stead.store.database import Store
from stead.store.migrations import migrate
from stead.store.tokens import Scope


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    with store.begin() as connection:
        migrate(connection)
    yield store
    store.close()


def test_a_token_is_known_by_itself_and_kept_as_a_hash(store: Store, clock: SteppedClock) -> None:
    ends = clock.now() + timedelta(days=1)
    with store.begin() as connection:
        plain = tokens.add(connection, "phone", frozenset({Scope.READ, Scope.APPROVE}), now=clock.now(), expires_at=ends)
        other = tokens.add(connection, "page", frozenset({Scope.READ}), now=clock.now())
        found = tokens.find(connection, plain)
        kept = connection.exec_driver_sql("select * from token").all()
    assert found is not None
    assert (found.name, found.principal.role, found.expired(ends - timedelta(seconds=1)), found.expired(ends)) == (
        "phone",
        Role.APPROVER,
        False,
        True,
    )
    assert plain != other
    assert plain.rpartition("_")[2] not in str(kept)


def test_a_name_is_given_once_and_can_be_given_anew(store: Store, clock: SteppedClock) -> None:
    with store.begin() as connection:
        first = tokens.add(connection, "cli", frozenset({Scope.READ}), now=clock.now())
        with pytest.raises(UserError, match="there is a token `cli` already"):
            tokens.add(connection, "cli", frozenset({Scope.READ}), now=clock.now())
        second = tokens.replace(connection, "cli", frozenset({Scope.READ}), now=clock.now())
        assert (tokens.find(connection, first), tokens.find(connection, second) is None) == (None, False)
        assert tokens.revoke(connection, "cli")
        assert not tokens.revoke(connection, "cli")
        assert tokens.find(connection, second) is None


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a\n", "ä", "a" * 64, "../x"])
def test_a_name_that_is_none_is_refused(store: Store, clock: SteppedClock, name: str) -> None:
    with store.begin() as connection, pytest.raises(UserError, match="is not a name for a token"):
        tokens.add(connection, name, frozenset({Scope.READ}), now=clock.now())


@given(st.text(max_size=30))
def test_scopes_are_words_that_are_known_or_one_sentence(text: str) -> None:
    try:
        assert tokens.parse_scopes(text) <= set(Scope)
    except UserError as error:
        assert error.hint == "one or more of read, approve, admin, with commas"


def test_scopes() -> None:
    assert tokens.parse_scopes(" read, approve,") == {Scope.READ, Scope.APPROVE}
