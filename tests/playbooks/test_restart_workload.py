"""A restart is proposed as what it is: a guess."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from stead.app.discover import shelves
from stead.app.policy_file import Catalogue, default_policy
from stead.domain.finding import Finding
from stead.domain.policy import ActionFacts, Verdict
from stead.domain.subject import Subject
from stead.playbooks.delete_stuck_pod import delete_stuck_pod
from stead.playbooks.restart_workload import restart_workload
from stead.playbooks.rollback_release import rollback_release
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import pod

Finds = Callable[..., Finding]


async def test_it_is_a_guess_with_the_line_to_paste_and_no_default_rule_allows_it(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    finding = finds("container_crash", pod(cluster, "api-h1-a"), top=rollout, reason="ConfigKeyMissing")
    (request,) = await restart_workload.propose([finding, finding], estate, soon)
    assert request.guess
    assert request.reason == "a guess: a restart does not bring the missing key back"
    assert request.command == "kubectl -n payments rollout restart deployment/api"
    assert (request.subject, request.precondition.generation) == (rollout, 1)

    policy = default_policy(Catalogue(verbs=frozenset(shelves().verbs)))
    facts = ActionFacts(
        verb=request.verb,
        estate="practice",
        kind="Deployment",
        namespace="payments",
        name="api",
        check=request.check,
        proposer=request.proposer,
        risk="medium",
        reversible=False,
        guess=request.guess,
    )
    decision = policy.decide(facts)
    assert decision.verdict is Verdict.DENY
    assert "guess" in decision.why


async def test_asked_again_it_asks_the_same(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    crash = finds("container_crash", pod(cluster, "api-h1-a"), top=rollout)
    memory = finds("container_oom", pod(cluster, "api-h1-b"), top=rollout, reason="OOMKilled")
    (first,) = await restart_workload.propose([crash, memory], estate, soon)
    (again,) = await restart_workload.propose([memory, crash], estate, soon.replace(hour=9))
    assert first.digest == again.digest


async def test_it_does_not_fit(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    subject = pod(cluster, "api-h1-a")
    assert not await restart_workload.propose([finds("container_crash", subject)], estate, soon)
    assert not await restart_workload.propose([finds("image_pull", subject, top=rollout)], estate, soon)
    cluster.remove("Deployment", "api")
    assert not await restart_workload.propose([finds("container_crash", subject, top=rollout)], estate, soon)


async def test_what_only_suffers_from_another_is_left_alone(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    database = replace(rollout, kind="StatefulSet", name="database")
    broken = finds("statefulset_short", database)
    suffers = replace(finds("container_crash", pod(cluster, "api-h1-a"), top=rollout), depends_on=(database,))
    assert not await restart_workload.propose([suffers, broken], estate, soon)
    assert await restart_workload.propose([suffers], estate, soon), "once nothing else is broken it may be tried"


def test_what_is_known_to_fit_is_asked_before_what_is_guessed():
    assert delete_stuck_pod.rank < rollback_release.rank < restart_workload.rank
