"""What changed is told by field, from what to what, and put before the fault that it may have caused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.change import LOOKBACK, Change, Done, FieldChange, causes, sentence
from stead.domain.diffing import MOST_FIELDS, diff
from stead.domain.subject import Subject

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
API = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")


def pod(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": list(containers)}}


def told(old: Any, new: Any) -> list[str]:
    return [str(field) for field in diff(old, new)]


def test_a_field_is_told_with_both_its_values() -> None:
    old, new = {"name": "app", "image": "api:1.4"}, {"name": "app", "image": "api:1.5"}
    assert told(pod(old), pod(new)) == ["spec.containers[app].image: api:1.4 → api:1.5"]


def test_an_item_that_moved_in_its_list_has_not_changed() -> None:
    one, other = {"name": "app", "image": "a"}, {"name": "sidecar", "image": "b"}
    assert told(pod(one, other), pod(other, one)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({}, {"replicas": 3}, ["replicas added: 3"]),
        ({"replicas": 3}, {}, ["replicas removed (was 3)"]),
        ({"on": True}, {"on": False}, ["on: true → false"]),
        ({"n": 1}, {"n": "1"}, ["n changed"]),
        ({"args": ["a", "b"]}, {"args": ["a", "c", "d"]}, ["args[1]: b → c", "args[2] added: d"]),
        ({"ports": [{"port": 80, "protocol": "TCP"}]}, {"ports": [{"port": 81, "protocol": "TCP"}]}, None),
        ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "A", "value": "2"}]}, ["env[A].value: 1 → 2"]),
    ],
)
def test_what_was_added_and_removed_is_told(old: Any, new: Any, said: list[str] | None) -> None:
    assert (told(old, new) == said) if said is not None else len(told(old, new)) == 2


def test_a_value_that_may_not_be_shown_is_only_told_to_have_changed() -> None:
    assert str(FieldChange(path="data.LEVEL", old="", new="")) == "data.LEVEL changed"
    assert str(FieldChange(path="data.LEVEL", new="")) == "data.LEVEL added"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["name", "port", "a", "b"]), inner, max_size=4)),
    max_leaves=20,
)


@given(JSON, JSON)
def test_any_two_values_can_be_compared_and_only_equal_ones_do_not_differ(old: Any, new: Any) -> None:
    assert diff(old, old) == ()
    assert len(diff(old, new)) <= MOST_FIELDS
    if not diff(old, new):
        assert sorted_lists(old) == sorted_lists(new)


def sorted_lists(value: Any) -> Any:
    """The value as far as the order of its lists does not matter."""
    if isinstance(value, dict):
        return {key: sorted_lists(item) for key, item in value.items()}
    return sorted(map(repr, map(sorted_lists, value))) if isinstance(value, list) else value


def test_something_nested_without_end_is_compared_as_far_as_it_goes() -> None:
    one: Any = 1
    other: Any = 2
    for _ in range(500):
        one, other = {"x": one}, {"x": other}
    assert len(diff(one, other)) == 1


def change(minutes: float, name: str = "api", **more: Any) -> Change:
    subject = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name=name)
    return Change(subject=subject, at=NINE - timedelta(minutes=minutes), **more)


def test_the_nearest_change_comes_first_and_what_is_too_old_or_came_later_causes_nothing() -> None:
    made = [change(60, "a"), change(4, "b"), change(-1, "c"), change(-5, "later"), change(LOOKBACK.total_seconds() / 60 + 1, "old")]
    assert [one.subject.name for one in causes(made, NINE)] == ["c", "b", "a"]
    assert [one.subject.name for one in causes([change(2, "own"), change(2.5, "other")], NINE)] == ["own", "other"]


def test_a_sentence_says_when_it_began_after_what_by_whom() -> None:
    image = FieldChange(path="spec.template.spec.containers[app].image", old="1.4", new="1.5")
    label = FieldChange(path="spec.template.metadata.labels.a", old="b", new="c")
    made = change(4, manager="kubectl", revision="revision 12", source="Argo CD application pay at 4f2a9c1", fields=(label, image))
    assert sentence(made, NINE) == (
        "Began 4 min after revision 12 of Deployment payments/api (kubectl, 08:56 UTC), from Argo CD application pay at 4f2a9c1: "
        "containers[app].image: 1.4 → 1.5; spec.template.metadata.labels.a: b → c"
    )
    assert sentence(change(300, done=Done.DELETED), NINE) == ("Began 5 h after the deletion of Deployment payments/api (04:00 UTC)")
    assert sentence(change(0.5), NINE).startswith("Began within a minute of a change of Deployment payments/api")


def test_a_change_of_which_nothing_more_is_known_is_not_told_twice() -> None:
    change = Change(subject=API, at=NINE, manager="kubectl")
    assert sentence(change, NINE + timedelta(minutes=2)) == "Began 2 min after a change of Deployment payments/api (kubectl, 09:00 UTC)"
