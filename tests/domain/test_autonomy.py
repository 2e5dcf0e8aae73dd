"""How far models may go, class by class: the strictest that fits, and never further than was earned."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.autonomy import levels_of
from stead.domain.autonomy import Levels
from stead.domain.errors import UserError
from stead.domain.policy import Autonomy

OBSERVE, PROPOSE, ASK, ACT = Autonomy
VERBS = ("scale", "restart_rollout", "restart_unit", "delete_pod")


@pytest.mark.parametrize(
    ("written", "verb", "level"),
    [
        ("ask", "scale", ASK),
        ("act", "scale", ASK),
        ("observe", "scale", OBSERVE),
        ({"scale": "propose", "*": "ask"}, "scale", PROPOSE),
        ({"scale": "act", "*": "propose"}, "scale", PROPOSE),
        ({"restart_*": "propose", "restart_unit": "ask"}, "restart_unit", PROPOSE),
        ({"scale": "ask", "delete_pod": "observe"}, "restart_unit", OBSERVE),
    ],
)
def test_the_strictest_that_fits_counts_and_of_what_none_fits_the_strictest_of_all(
    written: dict[str, str], verb: str, level: Autonomy
) -> None:
    assert levels_of(written, VERBS).of(verb) is level


def test_what_is_earned_goes_as_far_as_it_may() -> None:
    levels = Levels(written={"*": ACT}, earned=frozenset({"scale"}))
    assert (levels.of("scale"), levels.of("delete_pod"), levels.wanted("delete_pod")) == (ACT, ASK, ACT)


def test_a_class_that_nothing_is_in_is_refused() -> None:
    with pytest.raises(UserError, match="names `scael`, and there is no such action") as error:
        levels_of({"scael": "observe"}, VERBS)
    assert error.value.hint == "did you mean `scale`?"


@given(st.dictionaries(st.sampled_from([*VERBS, "*", "restart_*"]), st.sampled_from(list(Autonomy))), st.sampled_from(VERBS), st.data())
def test_a_further_level_never_widens_one_that_fits(written: dict[str, Autonomy], verb: str, data: st.DataObject) -> None:
    order = list(Autonomy)
    before = Levels(written=written)
    added = {pattern: data.draw(st.sampled_from(order)) for pattern in (verb, "*") if pattern not in written}
    after = Levels(written={**written, **added})
    if any(fnmatchcase(verb, pattern) for pattern in written):
        assert order.index(after.of(verb)) <= order.index(before.of(verb))
