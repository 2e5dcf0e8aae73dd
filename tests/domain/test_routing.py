"""A route tree leads where Alertmanager's would, and says by which way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stead.domain.matching import parse_matchers
from stead.domain.routing import Receiver, Route, Routing, Waits

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

TREE = Route(
    receivers=("ops",),
    waits=Waits(group_wait=3 * SECOND),
    routes=(
        Route(matchers=parse_matchers('severity="critical"'), receivers=("pager",), goes_on=True, waits=Waits(group_wait=SECOND)),
        Route(
            matchers=parse_matchers('namespace=~"media|games"'),
            receivers=("family",),
            waits=Waits(group_interval=MINUTE),
            routes=(Route(matchers=parse_matchers('source="alertmanager"'), waits=Waits(group_wait=MINUTE)),),
        ),
        Route(matchers=parse_matchers('source="alertmanager"'), receivers=("mail",)),
    ),
)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ["ops"]),
        ({"severity": "critical"}, ["pager"]),
        ({"severity": "critical", "namespace": "media"}, ["pager", "family"]),
        ({"severity": "critical", "namespace": "media", "source": "alertmanager"}, ["pager", "family"]),
        ({"source": "alertmanager"}, ["mail"]),
        ({"severity": "critical", "source": "alertmanager"}, ["pager", "mail"]),
    ],
)
def test_the_first_that_matches_takes_it_further_unless_it_continues(labels: dict[str, str], receivers: list[str]) -> None:
    assert [name for taken in TREE.find(labels) for name in taken.receivers] == receivers


def test_what_a_route_does_not_say_it_has_from_the_one_above() -> None:
    (taken,) = TREE.find({"namespace": "games", "source": "alertmanager"})
    assert taken.path == ("everything", 'namespace=~"media|games"', 'source="alertmanager"')
    assert (taken.receivers, taken.waits) == (("family",), Waits(group_wait=MINUTE, group_interval=MINUTE))


def test_two_ways_to_one_channel_are_one_and_the_impatient_one_counts() -> None:
    routing = Routing(
        root=TREE,
        receivers={
            "pager": Receiver(name="pager", channels=("phone", "mail")),
            "family": Receiver(name="family", channels=("mail", "gone")),
        },
    )
    plans = routing.plans({"severity": "critical", "namespace": "media"}, ["mail", "ops", "phone"])
    assert list(plans) == ["mail", "phone"], "a channel that is not there is not told"
    assert [receiver.name for receiver in plans["mail"].receivers] == ["pager", "family"]
    assert plans["mail"].waits == Waits(group_wait=SECOND, group_interval=MINUTE)


def test_without_routes_every_channel_is_told_everything() -> None:
    assert list(Routing().plans({}, ["a", "b"])) == ["a", "b"]
    assert [taken.path[-1] for taken, _ in TREE.every()][:2] == ["everything", 'severity="critical"']
