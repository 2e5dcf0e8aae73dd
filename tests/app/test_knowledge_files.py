"""Files of knowledge: what their front matter says, what is somebody else's, and what a person is told who made a mistake."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.knowledge_files import file_text, read_file
from stead.domain.errors import UserError
from stead.domain.finding import Finding
from stead.domain.knowledge import Fits, KnowledgeKind, fits_of, fits_text
from stead.domain.subject import Subject

EDGE = """---
kind: edge-case
title: The NAS restarts on Sundays
strategy: Wait until 03:15; do nothing.
checks: probe_ping
names: [nas-*]
expires: 2027-03-01
---
It installs its updates then.
"""


def read(text: str, path: str = "notes/a-page.md", default: str = "page"):
    return read_file(text.encode(), path, default)


def test_front_matter_says_what_it_is_and_when_it_fits() -> None:
    made = read(EDGE)
    assert (made.kind, made.title) == (KnowledgeKind.EDGE_CASE, "The NAS restarts on Sundays")
    assert made.strategy == "Wait until 03:15; do nothing."
    assert made.fits == Fits(checks=("probe_ping",), names=("nas-*",))
    assert made.expires_at is not None
    assert made.expires_at.date() == datetime(2027, 3, 1, tzinfo=UTC).date()
    assert read(file_text(made)) == made, "as a file it says the same"


@pytest.mark.parametrize(
    ("text", "path", "kind", "title"),
    [
        ("# Disks  #\n\nAsk first.", "a.md", "page", "Disks"),
        ("Ask first.", "runbooks/full-disk.md", "page", "full disk"),
        ("---\nlayout: post\ntitle: Mine\nkinds: 3\n---\nText.", "a.md", "page", "Mine"),
        ("---\nname: rotate\ndescription: x\n---\nText.", "skills/rotate/SKILL.md", "skill", "rotate"),
        ("---\nno: [yaml\n---\nText.", "a.md", "page", "a"),
        ("---\n\nA rule of dashes.\n\n---\n", "a.md", "page", "a"),
    ],
)
def test_a_file_without_our_front_matter_is_a_page(text: str, path: str, kind: str, title: str) -> None:
    made = read(text, path)
    assert (made.kind.value, made.title) == (kind, title)
    assert made.fits.asked == 0


def test_a_source_may_say_what_its_files_are() -> None:
    assert read("Text.", default="runbook").kind is KnowledgeKind.RUNBOOK


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "says nothing"),
        ("---\nkind: runbook\n---\n", "says nothing"),
        ("---\nkind: tale\n---\nx", "a.md:2: `kind` is not"),
        ("---\nkind: runbook\ncheck: disk\n---\nx", "a.md:3: unknown key `check`"),
        ("---\nkind: edge-case\nchecks: disk\n---\nx", "is an edge case without a `strategy`"),
        ("---\nkind: edge-case\nstrategy: wait\n---\nx", "says nothing of when it fits"),
        ("---\nkind: runbook\nnames: [a b]\n---\nx", "a.md:3: `names` does not hold patterns"),
        ("---\nkind: runbook\nexpires: tomorrow\n---\nx", "a.md:3: `expires` is not a day"),
        ("---\nkind: [runbook\n---\nx", "is not YAML"),
        ("x" * 70_000, "has 70000 bytes; the most is 65536"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        read(text, "a.md")
    assert said in told.value.what
    assert "\n" not in told.value.what


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: f"---\nkind: runbook\n{text}\n---\nx".encode())))
def test_any_bytes_are_read_or_refused_in_a_sentence(raw: bytes) -> None:
    try:
        made = read_file(raw, "a.md")
    except UserError as error:
        assert "\n" not in error.what
    else:
        assert made.title
        assert made.text


def finding(check: str = "pvc_pending", reason: str = "Pending", kind: str = "Pod", name: str = "db-0", top: str = "") -> Finding:
    subject = Subject(estate="home", api_version="v1", kind=kind, namespace="payments", name=name)
    owner = Subject(estate="home", api_version="apps/v1", kind="StatefulSet", namespace="payments", name=top) if top else None
    return Finding(check=check, subject=subject, reason=reason, summary="x", top=owner)


@pytest.mark.parametrize(
    ("fits", "matches"),
    [
        (Fits(), False),
        (Fits(checks=("pvc_*",)), True),
        (Fits(checks=("pvc_*",), reasons=("Lost",)), False),
        (Fits(reasons=("Lost", "Pending"), namespaces=("pay*",)), True),
        (Fits(kinds=("StatefulSet",), names=("db",)), True),
        (Fits(kinds=("StatefulSet",), names=("db-0",)), False),
        (Fits(names=("db-0",)), True),
        (Fits(namespaces=("shop",)), False),
    ],
)
def test_an_entry_fits_where_all_that_it_asks_holds(fits: Fits, matches: bool) -> None:
    assert fits.match(finding(top="db")) is matches
    assert fits_of(fits_text(fits)) == fits


def test_an_alert_is_known_by_its_own_name_too() -> None:
    heard = finding(check="prometheus/KubePodCrashLooping")
    assert Fits(checks=("KubePodCrashLooping",)).match(heard)
    assert Fits(checks=("prometheus/*",)).match(heard)
