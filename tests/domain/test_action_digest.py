"""No digest covers two actions: what an approval binds is told apart in every field, wherever quotes, slashes and brackets stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stead.domain.action import ActionRequest, Precondition
from stead.domain.subject import Subject

# Few letters and all that separates something somewhere, so that two actions differ by little.
TEXT = st.text(alphabet='a/,"[]{}:\\ \x1fé', max_size=4)
SCALAR = TEXT | st.none() | st.booleans() | st.integers(-2, 11) | st.sampled_from([0.0, 1.0, 11.0, 1.5])
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2), max_leaves=4)
FIELDS = ("verb", "estate", "group", "kind", "namespace", "name", "uid", "generation", "parameters", "reason")
ACTION = st.fixed_dictionaries(
    dict.fromkeys(FIELDS, TEXT) | {"generation": st.integers(0, 12), "parameters": st.dictionaries(TEXT, VALUE, max_size=2)}
)


def digest(bound: Mapping[str, Any], **told: Any) -> str:
    subject = Subject(
        estate=bound["estate"], api_version=f"{bound['group']}/v1", kind=bound["kind"], namespace=bound["namespace"], name=bound["name"]
    )
    request = ActionRequest(
        verb=bound["verb"],
        subject=subject,
        precondition=Precondition(uid=bound["uid"], generation=bound["generation"]),
        parameters=bound["parameters"],
        reason=bound["reason"],
        **({"check": "c", "fingerprint": "f", "proposer": "p"} | told),
    )
    return request.digest


def typed(value: Any) -> Any:
    """A value that is equal to another only where JSON writes both alike: in Python, 1, 1.0 and True are equal."""
    if isinstance(value, Mapping):
        return frozenset((key, typed(inner)) for key, inner in value.items())
    return tuple(map(typed, value)) if isinstance(value, list) else (type(value).__name__, value)


SAME = dict.fromkeys(FIELDS, "a") | {"generation": 1}


@given(one=ACTION, other=ACTION)
@example(one=SAME | {"parameters": {"n": 1}}, other=SAME | {"parameters": {"n": True}})
@example(one=SAME | {"parameters": {"n": 1}}, other=SAME | {"parameters": {"n": 1.0}})
@example(one=SAME | {"parameters": {"n": 1}}, other=SAME | {"parameters": {"n": "1"}})
@example(one=SAME | {"parameters": {"n": None}}, other=SAME | {"parameters": {}})
def test_two_actions_share_a_digest_only_if_they_are_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (digest(one) == digest(other)) == (typed(one) == typed(other))


@settings(max_examples=30)
@given(action=ACTION, other=ACTION)
def test_every_field_that_is_bound_changes_it(action: dict[str, Any], other: dict[str, Any]) -> None:
    for name in FIELDS:
        if typed(other[name]) != typed(action[name]):
            assert digest(action | {name: other[name]}) != digest(action), name


@settings(max_examples=30)
@given(action=ACTION, text=TEXT, said=st.booleans())
def test_how_it_is_told_changes_nothing(action: dict[str, Any], text: str, said: bool) -> None:
    told = {"check": text, "fingerprint": text, "proposer": text, "command": text, "undo": text, "doubt": text, "part_of": text}
    assert digest(action, **told, guess=said, tainted=said, by_model=said) == digest(action)
