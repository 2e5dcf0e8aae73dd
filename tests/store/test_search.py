"""Words find what holds them, on both databases alike, and nothing that is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stead.clocks import SteppedClock
from stead.domain.knowledge import Fits, KnowledgeKind, KnowledgeState, Written, words_of
from stead.domain.memory import MemoryKind, MemoryState
from stead.store import knowledge, memory
from stead.store.database import Store
from stead.store.search import best


def written(title: str, text: str = "", **more: object) -> Written:
    return Written(kind=KnowledgeKind.RUNBOOK, title=title, text=text, **more)  # pyright: ignore[reportArgumentType]


def keep(store: Store, clock: SteppedClock, **texts: str) -> dict[str, int]:
    """title=text each, under a path of the same name; path → number."""
    with store.begin() as c:
        return {
            name: knowledge.save(c, written(name.replace("_", " "), text), source="house", path=name, now=clock.now(), stamp=text)
            for name, text in texts.items()
        }


def found(store: Store, words: str) -> list[str]:
    with store.read() as connection:
        return [entry.path for entry in knowledge.search(connection, words_of(words), 10)]


def test_what_holds_more_and_rarer_words_comes_first(store: Store, clock: SteppedClock) -> None:
    keep(
        store,
        clock,
        disk_full="Volumes that fill up: ask payments/db first, then expand.",
        nodes="A node that is not ready; look at the kubelet, then at the disk.",
        mail="Postfix queues.",
    )
    assert found(store, "why does the volume of payments/db fill up?") == ["disk_full"], "by stems, whatever stands between words"
    assert found(store, "disk of a node") == ["nodes", "disk_full"], "both words before one"
    assert found(store, "queue") == ["mail"]
    assert found(store, "zebra") == found(store, "of the and") == found(store, "") == []


def test_what_changed_is_found_by_its_new_words_alone(store: Store, clock: SteppedClock) -> None:
    numbers = keep(store, clock, one="alpha", two="beta")
    again = keep(store, clock, one="gamma")
    assert again["one"] == numbers["one"], "its number stays"
    assert found(store, "alpha") == []
    assert found(store, "gamma") == ["one"]
    with store.begin() as connection:
        assert knowledge.keep_only(connection, "house", ["two"]) == 1
    assert found(store, "gamma") == []
    with store.begin() as connection:
        knowledge.keep_sources(connection, ["another"])
    assert found(store, "beta") == []


def test_memory_is_searched_by_the_same_words(store: Store, clock: SteppedClock) -> None:
    facts = ("The NAS reboots on Sundays.", "The blog is slow in the evening.")
    with store.begin() as connection:
        for text in facts:
            state = MemoryState.APPROVED
            memory.add(connection, kind=MemoryKind.ESTATE, text=text, state=state, author="cli", now=clock.now())
        memory.change(connection, 2, text="The blog is quick.")
    with store.read() as connection:
        assert best(connection, "memory", words_of("does the nas reboot?"), 5) == [1]
        assert best(connection, "memory", words_of("slow evenings"), 5) == []
        assert [entry.number for entry in memory.search(connection, words_of("nas reboots quickly blog"), 5)][:1] == [1]


def test_what_was_decided_outlives_a_change_of_the_file(store: Store, clock: SteppedClock) -> None:
    number = keep(store, clock, one="alpha")["one"]
    with store.begin() as connection:
        knowledge.decide(connection, number, KnowledgeState.REJECTED, "cli")
    keep(store, clock, one="beta")
    with store.read() as connection:
        entry = knowledge.find(connection, number)
    assert entry is not None
    assert (entry.state, entry.decided_by, entry.written.text) == (KnowledgeState.REJECTED, "cli", "beta")


def test_only_what_holds_asks(store: Store, clock: SteppedClock) -> None:
    fits = Fits(checks=("disk",), names=("nas-*",))
    with store.begin() as c:
        for path, more in (("now", {}), ("old", {"expires_at": clock.now()}), ("later", {"expires_at": clock.now() + timedelta(days=1)})):
            knowledge.save(c, written(path, "text", fits=fits, **more), source="house", path=path, now=clock.now())
        knowledge.save(c, written("page", "text"), source="house", path="page", now=clock.now())
        state = KnowledgeState.PROPOSED
        knowledge.save(c, written("draft", "text", fits=fits), source="stead", path="R-1", now=clock.now(), state=state)
    with store.read() as connection:
        assert [entry.path for entry in knowledge.that_ask(connection, clock.now())] == ["now", "later"]
        assert knowledge.that_ask(connection, clock.now())[0].written.fits == fits
        assert knowledge.listed(connection)[0].path == "R-1", "what waits for a person is first"


@pytest.fixture
def kept(store: Store, clock: SteppedClock) -> Store:
    keep(store, clock, one="alpha")
    return store


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=60), text=st.text(max_size=60))
def test_any_words_are_a_question_and_any_text_can_be_kept(kept: Store, words: str, text: str) -> None:
    with kept.begin() as connection:
        again = knowledge.find(connection, 1)
        assert again is not None
        knowledge.save(connection, written(words[:20], text), source="house", path="two", now=again.created_at)
        for asked in (words, f"{words} alpha", text):
            knowledge.search(connection, words_of(asked), 5)
        connection.execute(sa.text("SELECT 1"))
