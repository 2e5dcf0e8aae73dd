"""What Flux has given up is tried again, the source before what is made from it."""

from collections.abc import Callable
from datetime import datetime

from stead.domain.finding import Finding
from stead.playbooks.reconcile_stalled import reconcile_stalled
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import custom, helm_release

Finds = Callable[..., Finding]


async def test_a_release_is_tried_again(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    subject = helm_release(cluster)
    (request,) = await reconcile_stalled.propose([finds("custom_resource", subject, reason="Stalled")], estate, soon)
    assert (request.verb, request.subject) == ("flux_sync", subject)
    assert request.command == "flux reconcile helmrelease web -n payments --reset"


async def test_the_source_comes_first(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    release = finds("custom_resource", helm_release(cluster), reason="Stalled")
    repository = custom(cluster, "source.toolkit.fluxcd.io", "v1", "HelmRepository", "helmrepositories", {})
    made = await reconcile_stalled.propose([release, finds("custom_resource", repository, reason="FetchFailed")], estate, soon)
    assert [request.subject.kind for request in made] == ["HelmRepository"]


async def test_what_is_suspended_or_not_flux_own_is_left(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    held = finds("custom_resource", helm_release(cluster, suspend=True), reason="Stalled")
    other = custom(cluster, "kustomize.config.example.com", "v1", "Kustomization", "kustomizations", {})
    assert not await reconcile_stalled.propose([held, finds("custom_resource", other, reason="Stalled")], estate, soon)
