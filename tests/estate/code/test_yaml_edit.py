"""A value of a YAML file set in place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stead.domain.code.edits import SetValue, place_of
from stead.estate.code.yaml_edit import documents, with_value

TEXT = """\
# top
kind: Deployment
metadata: {name: api, labels: {a: b}}
spec:
  replicas: 2   # two
  containers:
  - name: api
    image: "api:1.4"  # pinned
    limits:
      memory: 64Mi

  # the other one
  - name: side
    image: side:1
---
kind: Service
spec:
  empty:
  text: |
    a
    b
base: &base {x: 1}
other: *base
"""


def lines(place: Any, to: Any, document: int | None = None) -> list[str]:
    """The lines that are new."""
    made = with_value(SetValue(path="f.yaml", at=place_of(place), to=to, document=document), TEXT)
    return [line for line in made.split("\n") if line not in TEXT.split("\n")]


@pytest.mark.parametrize(
    ("place", "to", "line"),
    [
        ("spec.replicas", 3, "  replicas: 3   # two"),
        ("spec.containers[name=api].image", "api:1.5", '    image: "api:1.5"  # pinned'),
        ("spec.containers[1].image", "side:2", "    image: side:2"),
        ("spec.containers[0].limits.memory", "128Mi", "      memory: 128Mi"),
        ("spec.containers[0].limits.cpu", "500m", "      cpu: 500m"),
        ("spec.containers[1].env", [{"name": "A", "value": "yes"}], '    env: [{"name": "A", "value": "yes"}]'),
        ("metadata.labels.a", "true", 'metadata: {name: api, labels: {a: "true"}}'),
        ("spec.containers[1].image", "0777", '    image: "0777"'),
        ("spec.containers[1].image", "12:30", '    image: "12:30"'),
        ("spec.containers[1].image", "two\nlines # no comment", '    image: "two\\nlines # no comment"'),
    ],
)
def test_one_line_differs(place: str, to: Any, line: str) -> None:
    assert lines(place, to) == [line]


def test_a_key_is_added_at_its_mappings_end() -> None:
    assert lines("spec.paused", True, document=0) == ["  paused: true"]
    assert lines("spec.port", 80, document=1) == ["  port: 80"]


@pytest.mark.parametrize(
    ("place", "document", "said"),
    [
        ("spec.nothing.here", None, "no place"),
        ("spec", 7, "no document|there is none"),
        ("kind", None, "say which by `document`"),
        ("spec.containers", 0, "more than one value"),
        ("spec.text", None, "several lines"),
        ("spec.empty", None, "is empty"),
        ("other.x", None, "without touching more"),
        ("metadata.more", 0, "cannot be added in place"),
    ],
)
def test_what_cannot_be_set_exactly_is_refused(place: str, document: int | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lines(place, "x", document)


@pytest.mark.parametrize("text", ["a: [", "a: *x", "\tb", "a: !!python/object:os.system {}", "{" * 2000])
def test_what_is_no_yaml_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no YAML"):
        documents(text)


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30))
def test_any_text_is_written_so_that_it_is_read_again(value: str) -> None:
    made = with_value(SetValue(path="f", at=("spec", "replicas"), to=value), TEXT)
    assert documents(made)[0]["spec"]["replicas"] == value
    assert len(made.split("\n")) == len(TEXT.split("\n"))
