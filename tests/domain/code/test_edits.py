"""Edits as a model writes them: exact, or refused in words that it can correct itself by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.code.edits import Delete, Replace, SetValue, Write, edits_of, place_of, replaced

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_each_form_is_understood() -> None:
    assert edits_of(
        [
            {"path": "apps/api.yaml", "find": "64Mi", "replace": "128Mi"},
            {"path": "docs/new page.md", "write": "# New\n"},
            {"path": "old.yaml", "delete": True},
            {"path": "apps/api.yaml", "set": "spec.replicas", "to": 3, "document": 1},
        ]
    ) == (
        Replace(path="apps/api.yaml", find="64Mi", with_="128Mi"),
        Write(path="docs/new page.md", text="# New\n"),
        Delete(path="old.yaml"),
        SetValue(path="apps/api.yaml", at=("spec", "replicas"), to=3, document=1),
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("replace it all", "not a list"),
        ([], "holds none"),
        ([{"path": "a"}], "none of `find`"),
        ([{"path": "a", "find": "", "replace": "b"}], "replaces nothing"),
        ([{"path": "a", "find": "b"}], "`replace` is no text"),
        ([{"path": "a", "write": "b", "mode": "100755"}], "`mode`"),
        ([{"path": "a", "delete": False}], "`delete` is true"),
        ([{"path": "a", "set": "b"}], "does not say `to` which"),
        ([{"path": "a", "write": "\0"}], "no text that a file can hold"),
        ([{"path": "a", "write": "\ud800"}], "no text that a file can hold"),
        ([{"path": "a", "write": "password: [redacted]"}], "stands for a secret"),
        ([{"path": "a", "set": "b", "to": {"c": ["[redacted]"]}}], "stands for a secret"),
        ([{"path": f"{n}", "write": ""} for n in range(21)], "too many"),
        ([{"path": "a", "write": "x" * 70_000}], "characters together"),
    ],
)
def test_what_is_no_edit_is_refused_in_words(changes: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        edits_of(changes)


@pytest.mark.parametrize("path", ["/etc/passwd", "../other", "a/../../b", "./a", "a//b", "a/", "", "a\0b", "a\\b", "a\nb", None, 3])
def test_a_path_that_leads_elsewhere_is_no_path(path: Any) -> None:
    with pytest.raises(ValueError, match="edit 1"):
        edits_of([{"path": path, "write": "x"}])


def test_text_is_replaced_only_where_it_stands_once() -> None:
    edit = Replace(path="a", find="image: api", with_="image: web")
    assert replaced(edit, "- image: api\n") == "- image: web\n"
    with pytest.raises(ValueError, match="does not stand there"):
        replaced(edit, "nothing")
    with pytest.raises(ValueError, match="2 times"):
        replaced(edit, "image: api\nimage: api\n")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("spec.replicas", ("spec", "replicas")),
        ("spec.containers[0].image", ("spec", "containers", 0, "image")),
        ("containers[name=api].env", ("containers", "name=api", "env")),
        (["metadata", "annotations", "example.com/team"], ("metadata", "annotations", "example.com/team")),
    ],
)
def test_places_in_a_yaml_file(given: Any, place: tuple[str | int, ...]) -> None:
    assert place_of(given) == place


@pytest.mark.parametrize("given", ["", "a.", ".a", "a..b", "a[", "a[x]", [], [True], [""], 5, None])
def test_what_is_no_place(given: Any) -> None:
    with pytest.raises(ValueError, match=r"set|place|dot"):
        place_of(given)


@given(JSON)
def test_whatever_is_given_is_edits_or_is_refused_in_words(given: Any) -> None:
    try:
        edits = edits_of(given)
    except ValueError as error:
        assert str(error)
    else:
        assert all(not edit.path.startswith("/") and ".." not in edit.path.split("/") for edit in edits)
