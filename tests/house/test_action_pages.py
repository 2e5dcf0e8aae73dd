"""What Stead can do is listed by itself, and the list leads to every page."""

from __future__ import annotations

from pathlib import Path

from stead.app.catalogue import main
from stead.app.discover import shelves

ROOT = Path(__file__).parents[2]


def test_the_list_links_every_action_and_playbook_and_the_indexes_lead_to_it(tmp_path: Path) -> None:
    page = tmp_path / "actions.md"
    assert main([str(page)]) == 0
    listed, found = page.read_text(), shelves()
    assert [name for name in found.verbs if f"](../actions/{name}.md)" not in listed] == []
    assert [name for name in found.playbooks if f"](../playbooks/{name}.md)" not in listed] == []
    assert "catalogue docs/reference/actions.md" in (ROOT / "scripts/docs").read_text()
    for shelf in ("actions", "playbooks"):
        assert "(../reference/actions.md)" in (ROOT / "docs" / shelf / "index.md").read_text()
