"""A CronJob is resumed when the day until which it was to be suspended is over."""

from collections.abc import Callable
from datetime import datetime

import pytest

from stead.domain.finding import Finding
from stead.playbooks.resume_forgotten_cronjob import resume_forgotten_cronjob
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import cronjob

Finds = Callable[..., Finding]


@pytest.mark.parametrize(
    ("until", "fits"), [("2026-02-27", True), ("2026-02-27T03:00:00Z", True), ("2026-03-01", False), ("2026-04-01", False), ("soon", False)]
)
async def test_it_fits_when_that_day_is_over(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds, until: str, fits: bool):
    subject = cronjob(cluster, suspend=True)
    cluster.change("CronJob", "nightly", lambda live: live["metadata"].update(annotations={"example.com/suspended-until": until}))
    made = await resume_forgotten_cronjob.propose([finds("cronjob_suspended", subject, reason="Suspended")], estate, soon)
    assert [request.verb for request in made] == (["resume_cronjob"] if fits else [])


async def test_one_that_nobody_wrote_a_day_to_is_left(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    finding = finds("cronjob_suspended", cronjob(cluster, suspend=True), reason="Suspended")
    assert not await resume_forgotten_cronjob.propose([finding], estate, soon)
