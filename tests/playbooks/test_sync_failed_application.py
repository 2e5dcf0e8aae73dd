"""An application whose sync failed is synced again, once its controller has given up."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from stead.domain.finding import Finding
from stead.playbooks.sync_failed_application import sync_failed_application
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import application

Finds = Callable[..., Finding]
FAILED = {"operationState": {"phase": "Failed", "finishedAt": "2026-03-01T02:00:00Z"}}


async def test_it_fits(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    subject = application(cluster, status=FAILED)
    (request,) = await sync_failed_application.propose([finds("custom_resource", subject, reason="SyncFailed")], estate, soon)
    assert (request.verb, request.subject) == ("argo_sync", subject)
    assert request.precondition.generation == 0


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("Degraded", {"status": FAILED}),
        ("SyncFailed", {"status": FAILED, "operation": {"sync": {}}}),
        ("SyncFailed", {"status": {"operationState": {"finishedAt": "2026-03-01T03:03:00Z"}}}),
        ("SyncFailed", {}),
    ],
)
async def test_it_does_not_fit(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds, reason: str, parts: dict[str, Any]):
    subject = application(cluster, **parts)
    assert not await sync_failed_application.propose([finds("custom_resource", subject, reason=reason)], estate, soon)
