"""Matchers are Alertmanager's: its syntax, its missing labels, its whole-value regular expressions; what could not end is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.matching import Matcher, Matchers, Op, parse_matchers

LABELS = {"namespace": "dev", "kind": "Pod", "name": 'a "b"\n\\'}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('namespace="dev"', True),
        ("namespace=dev", True),
        ('{namespace="dev", kind="Pod"}', True),
        ('{namespace="dev", kind="Pod",}', True),
        ('namespace="dev",kind="Job"', False),
        ('namespace!="prod"', True),
        ('namespace=~"d.*"', True),
        ('namespace=~"e"', False),
        ('namespace=~"d|e"', False),
        ('kind!~"Job|Node"', True),
        ('"kind"=~"Pod|Job"', True),
        ('owner=""', True),
        ('owner!=""', False),
        ('name="a \\"b\\"\\n\\\\"', True),
        (' namespace = "dev" ', True),
    ],
)
def test_a_matcher_matches_as_alertmanagers_does(text: str, matches: bool) -> None:
    assert parse_matchers(text).match(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "would match everything"),
        ("{}", "would match everything"),
        ('name=~".*"', "would match everything"),
        ("namespace", "has no =, !=, =~ or !~"),
        ("=dev", "has no label's name"),
        ("namespace=", "has no value"),
        ('namespace="dev', "never closed"),
        ('namespace="dev\\', "never closed"),
        ('a="1" b="2"', "without a comma"),
        ('a=~"("', "no regular expression"),
        ('a=~"(a+)+"', "could take for ever"),
        ('a=~"(a|a)*x"', "could take for ever"),
        (f'a=~"{"a*" * 9}"', "could take for ever"),
        (f'a=~"{"a" * 2000}"', "more than 1000 letters"),
        ('a=~"(x)\\\\1"', "could take for ever"),
    ],
)
def test_what_is_no_matcher_is_told_so(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_matchers(text)


NAMES = st.text(st.characters(categories=["L", "N"], include_characters="_-."), min_size=1)


@given(st.lists(st.builds(Matcher, NAMES, st.sampled_from([Op.EQUAL, Op.NOT_EQUAL]), st.text()), min_size=1))
def test_what_is_written_is_read_again(matchers: list[Matcher]) -> None:
    assert parse_matchers(str(Matchers(tuple(matchers)))).all_of == tuple(matchers)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        parse_matchers(text)
    except ValueError as error:
        assert str(error)


@given(st.text("ab.*+?|()[]{}2,\\^$", max_size=12))
def test_an_expression_that_is_accepted_is_done_in_a_moment(pattern: str) -> None:
    try:
        (matcher,) = parse_matchers(str(Matcher("name", Op.REGEX, pattern))).all_of
    except ValueError:
        return
    begun = time.process_time()
    matcher.match({"name": "a" * 60 + "!"})
    assert time.process_time() - begun < 1
