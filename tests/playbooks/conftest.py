"""A cluster in which something is wrong, and findings about it as the checks make them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import broken_release

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[BareCluster]:
    async with BareCluster(tmp_path, SteppedClock(NOW)) as started:
        yield started


@pytest.fixture
def estate(cluster: BareCluster) -> Estate:
    return cluster.estate()


@pytest.fixture
def rollout(cluster: BareCluster) -> Subject:
    return broken_release(cluster)


@pytest.fixture
def soon() -> datetime:
    """Five minutes after everything in the cluster was made."""
    return NOW + timedelta(minutes=5)


@pytest.fixture
def finds() -> Callable[..., Finding]:
    """`finds("container_crash", pod, top=deployment, reason="Error")`: what that check says, without the uids that it may not know."""

    def found(check: str, subject: Subject, *, top: Subject | None = None, reason: str = "CrashLooping", **given: Any) -> Finding:
        return Finding(
            check=check,
            subject=replace(subject, uid=""),
            top=top,
            reason=reason,
            summary="broken",
            since=NOW + timedelta(minutes=1),
            **given,
        )

    return found
