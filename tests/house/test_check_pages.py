"""A check's page is what `stead checks explain` prints: it has its parts, and a list leads to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.discover import shelves
from stead.app.explain import Explained, every, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("one", every(shelves()), ids=lambda one: one.name)
def test_every_page_says_what_it_means_what_to_do_and_what_it_leaves_alone(one: Explained) -> None:
    assert one.reasons
    assert one.do
    assert one.leaves


def test_the_list_links_every_page_and_the_index_leads_to_it(tmp_path: Path) -> None:
    page = tmp_path / "checks.md"
    assert main([str(page)]) == 0
    listed = page.read_text()
    assert [one.name for one in every(shelves()) if f"](../checks/{one.name}.md)" not in listed] == []
    assert "(../reference/checks.md)" in (ROOT / "docs/checks/index.md").read_text()
    assert "explain docs/reference/checks.md" in (ROOT / "scripts/docs").read_text()
