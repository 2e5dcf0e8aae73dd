"""What a check means, read from its own page: the page that the documentation shows is the text that `stead checks explain` prints.

`python -m stead.app.explain docs/reference/checks.md` writes the page that lists them all: it is made with the site, and no list is kept.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stead.app.discover import Shelves, shelves
from stead.declare import Check, HostCheck
from stead.domain.errors import UserError
from stead.domain.finding import FindingClass

PACKAGED = Path(__file__).parents[1] / "pages" / "checks"
"""Where a wheel carries the pages (pyproject, force-include)."""
CHECKOUT = Path(__file__).parents[3] / "docs" / "checks"

_ROW = re.compile(r"^\| `(?P<reason>\w+)` \| (?P<severity>.+?) \| (?P<meaning>.+) \|$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One row of a check's table: `severity` and `meaning` in words."""

    reason: str
    severity: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`summary` one sentence · `of` the kinds that it judges · `do` and `leaves` the page's sections, as they stand there ·
    `page` the documentation's page, "" where there is none."""

    name: str
    class_: str
    of: tuple[str, ...]
    summary: str
    meaning: str
    reasons: tuple[Reason, ...] = ()
    do: str = ""
    leaves: tuple[str, ...] = ()
    page: str = ""


def every(found: Shelves) -> list[Explained]:
    """All checks, by name."""
    checks: dict[str, Check | HostCheck] = {**found.checks, **found.host_checks}
    return [_explained(checks[name], found.places) for name in sorted(checks)]


def explain(name: str, found: Shelves) -> Explained:
    """One check. UserError for a name that is none, with the nearest that is one."""
    check = found.checks.get(name) or found.host_checks.get(name)
    if check is None:
        known, meant = sorted([*found.checks, *found.host_checks]), name.lower().replace("-", "_")
        near = [one for one in known if len(meant) > 2 and meant in one] or difflib.get_close_matches(meant, known, n=1)
        raise UserError(f"there is no check `{name}`", hint=f"did you mean `{near[0]}`?" if near else "`stead checks list` names them all")
    return _explained(check, found.places)


def _explained(check: Check | HostCheck, places: Mapping[str, str]) -> Explained:
    text = _page(check.name, places.get(check.name, ""))
    own = " ".join(check.page.split())
    title, _, rest = text.partition("\n")
    sections = {
        part.partition("\n")[0].strip(): part.partition("\n")[2].strip() for part in re.split(r"^## ", rest, flags=re.MULTILINE)[1:]
    }
    meaning = " ".join(re.split(r"^(?:\||## )", rest, maxsplit=1, flags=re.MULTILINE)[0].split()) or own
    return Explained(
        name=check.name,
        class_=check.class_.value,
        of=tuple(struct.__name__ for struct in check.of) if isinstance(check, Check) else ("Host",),
        summary=_sentence(own),
        meaning=_plain(meaning),
        reasons=tuple(
            Reason(reason=row["reason"], severity=_plain(row["severity"]), meaning=_plain(row["meaning"])) for row in _ROW.finditer(rest)
        ),
        do=_plain(sections.get("What to do", "")),
        leaves=tuple(_plain(line) for line in _items(sections.get("What it leaves alone", ""))),
        page=f"docs/checks/{check.name}.md" if title.startswith("# ") and places.get(check.name, "").startswith("stead.") else "",
    )


def _page(name: str, place: str) -> str:
    """The text of its page: of a shipped check from the documentation, of a visitor's from `docs/` beside it; "" where there is none."""
    folders = [PACKAGED, CHECKOUT] if place.startswith("stead.") else [Path(place).parent / "docs"]
    for folder in folders:
        try:
            return (folder / f"{name}.md").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return ""


def _items(text: str) -> Iterator[str]:
    """The items of a list, each on one line."""
    for item in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
        yield " ".join(item.split("\n\n")[0].split())


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", text)


def _sentence(text: str) -> str:
    """The first sentence; one in brackets or of an abbreviation does not end it."""
    found = re.match(r".+?(?<!\b[A-Za-z])[.:](?= [A-Z]|$)", text)
    sentence = (found[0] if found else text).rstrip(".:")
    return sentence if sentence.endswith("?") else f"{sentence}."


def listing(checks: Sequence[Explained]) -> str:
    """The page that lists these checks and links theirs."""
    parts = [
        "# All checks\n\nMade from the checks themselves. `stead checks list` prints the same, `stead checks explain NAME` one of them.\n"
    ]
    for class_, title in ((FindingClass.FAULT, "Faults"), (FindingClass.HYGIENE, "Hygiene: opinions, off unless asked for")):
        rows = [
            f"| [{one.name}](../checks/{one.name}.md) | {', '.join(one.of)} | {one.summary} |"
            for one in checks
            if one.class_ == class_.value
        ]
        parts.append("\n".join([f"## {title}", "", "| check | looks at | says |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    """Write the page that is named."""
    Path(arguments[0]).write_text(listing(every(shelves())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
