"""A check's page is what `stead checks explain` prints: it has its parts, and the index leads to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.discover import shelves
from stead.app.explain import Explained, every, index

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("one", every(shelves()), ids=lambda one: one.name)
def test_every_page_says_what_it_means_what_to_do_and_what_it_leaves_alone(one: Explained) -> None:
    assert one.reasons
    assert one.do
    assert one.leaves


def test_the_index_lists_them_all() -> None:
    page = (ROOT / "docs/checks/index.md").read_text()
    assert page == index(page, every(shelves())), "python -m stead.app.explain docs/checks/index.md"


def test_a_page_without_a_place_for_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        index("# Checks\n", [])
