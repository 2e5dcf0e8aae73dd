"""The brief of an estate: what every run about it should know, in sections; generated, and corrected by a person section by section.

Promise: what a person wrote stays when the rest is generated anew; an emptied section stays away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MOST_TEXT = 20_000
"""Bytes of what a person may write."""
_HEADING = re.compile(r"^##\s+(.+?)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateBrief:
    """`generated` and `corrected` hold sections by their headings; a corrected one that is empty hides the generated one."""

    estate: str
    generated: Mapping[str, str] = field(default_factory=dict[str, str])
    generated_at: datetime | None = None
    corrected: Mapping[str, str] = field(default_factory=dict[str, str])
    corrected_by: str = ""
    corrected_at: datetime | None = None

    @property
    def sections(self) -> Mapping[str, str]:
        """What holds: a person's words first, then what was generated, but for what a person has corrected."""
        own = {name: text for name, text in self.corrected.items() if text}
        return own | {name: text for name, text in self.generated.items() if name not in self.corrected}

    @property
    def overruled(self) -> Mapping[str, str]:
        """What would be generated where a person has written something else."""
        return {name: text for name, text in self.generated.items() if self.corrected.get(name, text) != text}


def sections_of(markdown: str) -> dict[str, str]:
    """heading → text of each `## ` section. ValueError for text before the first heading, a heading twice, and too much."""
    if len(markdown.encode(errors="replace")) > MOST_TEXT:
        raise ValueError(f"has more than {MOST_TEXT} bytes; it is told in every run, so a tenth of that is much")
    found: dict[str, list[str]] = {}
    name = ""
    for line in markdown.replace("\r\n", "\n").split("\n"):
        heading = _HEADING.match(line)
        if heading is not None:
            name = heading[1]
            if name in found:
                raise ValueError(f"has two sections `{name[:60]}`; make them one")
            found[name] = []
        elif name:
            found[name].append(line)
        elif line.strip() and not line.startswith("# "):
            raise ValueError("has text before its first section; begin with a line like `## Nodes`")
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def markdown_of(sections: Mapping[str, str], estate: str) -> str:
    """The sections as a file that `sections_of` reads again."""
    return "\n".join([f"# {estate}", "", *(f"## {name}\n{text}\n" for name, text in sections.items())])


def corrections(written: Mapping[str, str], generated: Mapping[str, str]) -> dict[str, str]:
    """What of a whole brief that a person wrote differs from the generated one; "" for a section that the person took out."""
    changed = {name: text for name, text in written.items() if generated.get(name) != text}
    return changed | {name: "" for name in generated if name not in written}
