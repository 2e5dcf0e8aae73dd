"""A workload on an API server that does nothing by itself, Stead's real roles, and an action on it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stead.clocks import SteppedClock
from stead.domain.action import Action, ActionRequest
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import precondition
from stead.ops.rbac import manifest, read_role, write_role
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import broken_release

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[BareCluster]:
    async with BareCluster(tmp_path, SteppedClock(NOW)) as started:
        for role in (read_role(), write_role()):
            for document in YAML(typ="safe").load_all(manifest(role)):
                if document["kind"] != "Namespace":
                    started.put(document)
        yield started


@pytest.fixture
def estate(cluster: BareCluster) -> Estate:
    """Read and written by the identities of deploy/kubernetes: what the shipped roles do not grant, fails here."""
    return cluster.estate(reader="system:serviceaccount:stead:stead-read", writer="system:serviceaccount:stead:stead-write")


@pytest.fixture
def decide(cluster: BareCluster) -> Callable[..., Action]:
    """`decide("delete_pod", subject, **parameters)`: the action as decided on what the cluster holds now."""

    def decided(verb: str, subject: Subject, **parameters: Any) -> Action:
        live = cluster.get(subject.kind, subject.name, subject.namespace)
        assert live is not None
        request = ActionRequest(
            verb=verb,
            subject=subject,
            precondition=precondition(live),
            check="container_crash",
            fingerprint="f",
            reason="it is broken",
            proposer="a test",
            parameters=parameters,
        )
        return Action(id="41.1.1.1", incident=41, request=request)

    return decided


@pytest.fixture
def rollout(cluster: BareCluster) -> Subject:
    return broken_release(cluster)
