"""An edit that is made of two texts makes the one of the other, and says no more than it must."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stead.domain.code.edits import Replace, Write, edits_of, replaced
from stead.domain.code.taking import edit_between

LINES = st.lists(st.sampled_from(["a: 1\n", "b: 2\n", "\n", "c: 3\r\n", "d"]), max_size=30).map("".join)


@given(LINES, LINES)
def test_it_makes_the_one_of_the_other(before: str, after: str) -> None:
    (edit,) = edits_of([edit_between("a.yaml", before, after)]) if before != after else (Write(path="a.yaml", text=after),)
    made = replaced(edit, before) if isinstance(edit, Replace) else edit.text if isinstance(edit, Write) else None
    assert made == after


def test_one_line_of_many_is_one_line() -> None:
    before = "".join(f"line {n}\n" for n in range(100))
    assert edit_between("a", before, before.replace("line 50\n", "line fifty\n")) == {
        "path": "a",
        "find": "line 50\n",
        "replace": "line fifty\n",
    }
    assert edit_between("a", None, "x") == {"path": "a", "write": "x"}
    assert edit_between("a", "x", None) == {"path": "a", "delete": True}
