"""The inbox: what was put is there after any end of the process, in its order, and is taken once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.store import inbox as module
from stead.store.alerts import Heard
from stead.store.database import Store
from stead.store.inbox import Inbox


def heard(key: str, summary: str = "It fails.") -> Heard:
    subject = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")
    return Heard(hook="alertmanager", key=key, finding=Finding(check="alertmanager/X", subject=subject, reason="X", summary=summary))


def keys(inbox: Inbox) -> list[str]:
    return [one.key for entry in inbox.waiting() for one in entry.heard]


def taken(store: Store, inbox: Inbox) -> list[str]:
    entries = inbox.waiting()
    with store.begin() as connection:
        return [one.key for entry in inbox.take(connection, entries) for one in entry.heard]


@pytest.fixture
def inbox(store: Store) -> Iterator[Inbox]:
    made = Inbox(store)
    made.open()
    yield made
    made.close()


def test_it_waits_in_its_order_and_is_taken_once(store: Store, inbox: Inbox) -> None:
    inbox.put([[heard("a"), heard("b")], [heard("c")]])
    inbox.put([[heard("d", summary="\ud800 and \0")]])
    assert keys(inbox) == ["a", "b", "c", "d"]
    entries = inbox.waiting()
    assert taken(store, inbox) == ["a", "b", "c", "d"]
    inbox.drop(entries)
    assert keys(inbox) == []


def test_what_was_taken_and_not_let_go_of_is_not_taken_again(store: Store, inbox: Inbox) -> None:
    inbox.put([[heard("a")]])
    assert taken(store, inbox) == ["a"]
    inbox.put([[heard("b")]])
    again = Inbox(store)
    again.open()
    assert taken(store, again) == ["b"]
    assert taken(store, again) == []
    again.close()


def test_what_is_taken_in_a_transaction_that_never_was_waits_on(store: Store, inbox: Inbox) -> None:
    inbox.put([[heard("a")]])
    with pytest.raises(ZeroDivisionError), store.begin() as connection:
        inbox.take(connection, inbox.waiting())
        raise ZeroDivisionError
    assert taken(store, inbox) == ["a"]


def test_nobody_who_puts_waits_for_the_one_writer(store: Store, inbox: Inbox) -> None:
    with store.begin():
        inbox.put([[heard("a")]])
        assert keys(inbox) == ["a"]


def test_what_is_set_aside_waits_for_the_next_start_and_the_rest_goes_on(store: Store, inbox: Inbox) -> None:
    inbox.put([[heard("a")], [heard("b")]])
    first, second = inbox.waiting()
    inbox.set_aside(first, "no")
    assert taken(store, inbox) == ["b"]
    inbox.drop([second])
    inbox.open()
    assert keys(inbox) == ["a"]


def test_as_much_waits_as_makes_one_transaction(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put([[heard(key)] for key in "abcd"])
    size = len(module.dumps([heard("a")]))
    monkeypatch.setattr(module, "MOST_BYTES", 2 * size)
    assert keys(inbox) == ["a", "b"]
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    assert keys(inbox) == ["a"], "one that is larger is taken alone"
