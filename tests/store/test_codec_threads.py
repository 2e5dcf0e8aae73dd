"""Several threads may read the first values of a type at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import make_dataclass

import pytest

from stead.store.codec import dumps, loads


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def nested(depth: int) -> list[type]:
    """Types that nobody has read yet, each with a tuple of the one before."""
    made: list[type] = [make_dataclass("Leaf", [("a", int, 0), ("b", str, "")], frozen=True)]
    for n in range(depth):
        made.append(make_dataclass(f"Level{n}", [("a", int, 0), ("inner", tuple[made[-1], ...], ())], frozen=True))
    return made


def read_at_once(kinds: list[type]) -> list[bool]:
    """Whether each of eight threads read what was written, three types among them, all in the same moment."""
    values = [kinds[0](1, "x")]
    for kind in kinds[1:]:
        values.append(kind(1, (values[-1],)))
    gate = threading.Barrier(8)

    def read(n: int) -> bool:
        gate.wait()
        at = -1 - n % 3
        return loads(dumps(values[at]), kinds[at]) == values[at]

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(read, range(8)))


@pytest.mark.usefixtures("hasty")
def test_the_first_values_of_a_type_are_read_by_many_at_once() -> None:
    """msgspec alone reads what another thread has half made then, and the process dies."""
    for _ in range(20):
        assert all(read_at_once(nested(5)))
