"""The page that lists what Stead can do: every action, and every playbook that proposes some. Made from them, so no list is edited."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from stead.app.discover import Shelves, shelves
from stead.declare import Playbook, Verb


def listing(found: Shelves) -> str:
    return "\n".join([*_actions(found.verbs.values()), *_playbooks(found.playbooks.values())])


def _actions(verbs: Iterable[Verb]) -> Iterator[str]:
    yield from (
        "# All actions and playbooks",
        "",
        "Made from the code. What is done, asked about or left alone is [your policy](policy.md).",
        "",
    )
    yield from ("## Actions", "", "| action | changes | risk | taken back | what it does |", "|---|---|---|---|---|")
    for one in sorted(verbs, key=lambda verb: verb.name):
        back = "only told" if one.told_only else "yes" if one.reversible else "no"
        kinds = ", ".join(one.kinds)
        yield f"| [{one.name}](../actions/{one.name}.md) | {kinds} | {one.risk.value} | {back} | {_first(one.page)} |"
    yield ""


def _playbooks(playbooks: Iterable[Playbook]) -> Iterator[str]:
    yield from ("## Playbooks", "", "In the order in which they are asked; the first that fits proposes.", "")
    yield from ("| playbook | after findings of | when |", "|---|---|---|")
    for one in sorted(playbooks, key=lambda playbook: (playbook.rank, playbook.name)):
        checks = ", ".join(f"[{name}](../checks/{name}.md)" for name in sorted(one.checks))
        yield f"| [{one.name}](../playbooks/{one.name}.md) | {checks} | {_first(one.page)} |"
    yield ""


def _first(text: str) -> str:
    """The first sentence, on one line."""
    plain = " ".join(text.split())
    found = re.match(r".+?\.(?= [A-Z]|$)", plain)
    return found[0] if found else plain


def main(arguments: Sequence[str]) -> int:
    """Write the page that is named."""
    Path(arguments[0]).write_text(listing(shelves()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
