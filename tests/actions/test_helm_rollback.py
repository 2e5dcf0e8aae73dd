"""A release of Helm is taken back by a person; Stead knows the line, and never runs it."""

from collections.abc import Callable

import pytest

from stead.actions.helm_rollback import helm_rollback
from stead.domain.action import Action
from stead.domain.errors import PermanentError
from stead.domain.parameter import wrong
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster

Decide = Callable[..., Action]


async def test_it_is_told_and_never_done(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    assert "run the line yourself" in helm_rollback.told_only
    assert helm_rollback.command is not None
    assert helm_rollback.command(rollout, {"release": "web", "to_revision": 3}) == "helm -n payments rollback web 3 --wait"
    with pytest.raises(PermanentError, match="Secrets"):
        await helm_rollback.apply(decide("helm_rollback", rollout, release="web"), estate, estate.hands())
    assert not [r for r in cluster.requests if r.verb not in ("get", "list")]


async def test_only_what_a_release_made_is_of_it(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    assert "belongs to no Helm release" in await helm_rollback.preflight(decide("helm_rollback", rollout, release="web"), estate)


@pytest.mark.parametrize("release", ["web; rm -rf /", "-x", "", "A"])
def test_what_is_no_release_is_refused(release: str):
    assert wrong(helm_rollback.parameters, {"release": release}) == "`release` is not written as it must be"
