"""A person's corrections of an estate's brief: kept when the rest is made anew, one section at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.brief import EstateBrief, corrections, markdown_of, sections_of

MADE = {"Nodes": "2: n1, n2", "Ingress": "nginx", "GitOps": "Flux"}


def test_what_a_person_wrote_stays_when_the_rest_is_made_anew() -> None:
    written = {"Nodes": "2: n1 (the NAS, keep it up), n2", "GitOps": "Flux", "Habits": "Never on Sundays."}
    kept = corrections(written, MADE)
    assert kept == {"Nodes": written["Nodes"], "Habits": "Never on Sundays.", "Ingress": ""}
    later = EstateBrief(estate="home", generated={"Nodes": "3: n1, n2, n3", "Ingress": "traefik", "GitOps": "Argo CD"}, corrected=kept)
    assert later.sections == {"Nodes": written["Nodes"], "Habits": "Never on Sundays.", "GitOps": "Argo CD"}
    assert later.overruled == {"Nodes": "3: n1, n2, n3", "Ingress": "traefik"}


@pytest.mark.parametrize(
    ("markdown", "said"),
    [("Nodes: 2", "has text before its first section"), ("## A\n## A\n", "has two sections `A`"), ("x" * 30_000, "has more than 20000")],
)
def test_what_is_no_brief_is_told(markdown: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sections_of(markdown)


NAMES = st.text(alphabet="abc XY", min_size=1, max_size=8).map(str.strip).filter(bool)
TEXTS = st.text(alphabet="abc -,\n", max_size=30).map(lambda text: "\n".join(part.strip() for part in text.split("\n")).strip())


@given(st.dictionaries(NAMES, TEXTS, max_size=5))
def test_a_brief_that_is_written_down_is_read_as_it_was(sections: dict[str, str]) -> None:
    assert sections_of(markdown_of(sections, "home")) == sections
