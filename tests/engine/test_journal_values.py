"""What the durable engine writes down is JSON, and comes back as it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.engine import journal
from stead.engine.journal import JournalSerializer

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8)


@given(values)
def test_json_values_come_back_as_they_were(value: Any):
    serializer = JournalSerializer()
    text = serializer.serialize(value)
    assert serializer.deserialize(text) == value
    assert text.isascii(), "no database refuses it"


@pytest.mark.parametrize("value", [{"error": ["KeyError", "x"]}, {"$error": 1}, [1, None, "ü"], {"value": 1}, "text", None])
def test_whatever_is_plain_comes_back_as_it_was(value: object) -> None:
    serializer = journal.JournalSerializer()
    assert serializer.deserialize(serializer.serialize(value)) == value


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object(), b"bytes"])
def test_what_is_not_plain_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        journal.JournalSerializer().serialize(value)
