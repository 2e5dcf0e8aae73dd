"""Crash loops: told at whichever moment they are caught, once, with the missing key where there is one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from stead.checks.kubernetes.container_crash import container_crash
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, config_map, container_status, deployment, ended, node, pod, replica_set, waiting

LOOP = waiting("CrashLoopBackOff", "back-off 5m0s restarting failed container", restartCount=14, lastState=ended(1))
BETWEEN = container_status(restartCount=4, state={"running": {"startedAt": ago(minutes=1)}}, lastState=ended(1))
JUST_ENDED = container_status(restartCount=4, ready=False, state=ended(1), lastState=ended(1))


def crash(*objects: Json, now: datetime = NOW) -> list[Finding]:
    return judge(container_crash, *objects, now=now)


@pytest.mark.parametrize(
    "status", [LOOP, BETWEEN, JUST_ENDED, waiting("RunContainerError", lastState=ended(128, "StartError"), restartCount=1)]
)
def test_every_moment_of_a_loop_is_the_same_fault(status: Json) -> None:
    (caught,) = crash(pod(statuses=[status]), node())
    (usual,) = crash(pod("api-7c9f-other", statuses=[LOOP]), node())
    assert (caught.state, caught.reason, caught.container) == (FindingState.FIRING, "CrashLooping", "app")
    assert caught.fingerprint == usual.fingerprint


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (127, "it exits with code 127 (its command is not found)"),
        (137, "it exits with code 137 (it was killed: SIGKILL)"),
        (3, "it exits with code 3"),
    ],
)
def test_an_exit_code_is_said_in_words_where_it_has_a_meaning_of_its_own(code: int, said: str) -> None:
    (found,) = crash(pod(statuses=[waiting("CrashLoopBackOff", restartCount=14, lastState=ended(code))]), node())
    assert found.summary.endswith(f"crash-loops: {said}")


@pytest.mark.parametrize(
    "healthy",
    [
        pod(),
        pod(meta={"deletionTimestamp": ago(minutes=1)}, statuses=[LOOP]),
        pod(phase="Succeeded", statuses=[container_status(ready=False, state=ended(0, "Completed"))]),
        pod(phase="Failed", spec={"restartPolicy": "Never"}, statuses=[container_status(ready=False, state=ended(1))]),
        pod(spec={"restartPolicy": "Never"}, statuses=[container_status(ready=False, state=ended(1))]),
        pod(statuses=[container_status(restartCount=30, lastState=ended(1, started=ago(days=1), finished=ago(minutes=2)))]),
        pod(statuses=[container_status(restartCount=5, state={"running": {"startedAt": ago(minutes=11)}}, lastState=ended(1))]),
        pod(statuses=[container_status(restartCount=1, state={"running": {"startedAt": ago(minutes=11)}}, lastState=ended(1))]),
        pod(init_statuses=[container_status("init", ready=True, restartCount=5, state=ended(0, "Completed"), lastState=ended(1))]),
        pod(
            spec={"containers": [{"name": "app", "restartPolicy": "Never"}]},
            statuses=[container_status(ready=False, restartCount=4, state=ended(1))],
        ),
        pod(
            spec={"containers": [{"name": "app", "restartPolicy": "OnFailure"}]},
            statuses=[container_status(ready=False, restartCount=4, state=ended(0))],
        ),
        pod(spec={"restartPolicy": "OnFailure"}, statuses=[container_status(ready=False, restartCount=4, state=ended(0, "Completed"))]),
        pod(statuses=[waiting("CrashLoopBackOff", restartCount=4, lastState=ended(137, "OOMKilled"))]),
        pod(statuses=[waiting("ContainerCreating")]),
        pod(statuses=[waiting("ImagePullBackOff")]),
    ],
)
def test_what_is_no_crash_loop_is_silence(healthy: Json) -> None:
    assert crash(healthy) == []


def long_run(started: int, finished: int, restarts: int = 6, **more: Any) -> Json:
    """A container that ran from `started` to `finished` minutes ago, failed, and runs again since."""
    ran = ended(more.pop("exit_code", 1), started=ago(minutes=started), finished=ago(minutes=finished))
    return pod(statuses=[container_status(restartCount=restarts, state={"running": {"startedAt": ago(minutes=finished)}}, lastState=ran)])


@pytest.mark.parametrize("sick", [long_run(27, 12), long_run(200, 90), long_run(70, 55, 3)])
def test_one_that_fails_after_each_long_run_is_told(sick: Json) -> None:
    (found,) = crash(sick, node())
    assert (found.state, found.reason, found.severity) == (FindingState.FIRING, "RestartsOften", Severity.WARNING)


@pytest.mark.parametrize(
    "healthy", [long_run(27, 12, 2), long_run(27, 12, exit_code=0), long_run(600, 20), long_run(110, 80), long_run(400, 250)]
)
def test_one_that_holds_out_longer_than_before_or_failed_seldom_is_silence(healthy: Json) -> None:
    assert crash(healthy, node()) == []


def test_a_container_that_has_only_just_ended_is_given_a_minute() -> None:
    (found,) = crash(pod(statuses=[container_status(ready=False, state=ended(1, finished=ago(seconds=5)))]))
    assert found.state is FindingState.PROGRESSING


def test_one_that_runs_again_after_its_first_crash_has_yet_to_show_that_it_stays_up() -> None:
    again = container_status(restartCount=1, state={"running": {"startedAt": ago(minutes=1)}}, lastState=ended(1))
    assert [f.state for f in crash(pod(statuses=[again]))] == [FindingState.PROGRESSING]


def test_a_native_sidecar_that_loops_counts_even_where_its_pod_never_restarts() -> None:
    spec = {"restartPolicy": "Never", "initContainers": [{"name": "proxy", "restartPolicy": "Always"}]}
    (found,) = crash(pod(spec=spec, init_statuses=[LOOP | {"name": "proxy"}]))
    assert found.container == "proxy"


def environment(**source: Any) -> Json:
    return {"containers": [{"name": "app", "image": "example.com/api:12", **source}]}


NEEDS_MODE = environment(env=[{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "MODE", "optional": True}}}])


def test_the_missing_key_and_its_config_map_are_named() -> None:
    (found,) = crash(pod(statuses=[LOOP], spec=NEEDS_MODE), config_map(OTHER="x"))
    assert found.reason == "ConfigKeyMissing"
    assert "`MODE`" in found.summary
    assert "payments/settings" in found.summary
    assert ("ConfigMap", "settings") in [(s.kind, s.name) for s in found.depends_on]
    assert "OTHER" in found.evidence[0].value


def test_a_key_that_is_there_is_not_the_cause() -> None:
    (found,) = crash(pod(statuses=[LOOP], spec=NEEDS_MODE), config_map(MODE="x"))
    assert found.reason == "CrashLooping"


def test_a_whole_config_map_that_is_not_there_is_named() -> None:
    spec = environment(envFrom=[{"configMapRef": {"name": "settings", "optional": True}}])
    assert [f.reason for f in crash(pod(statuses=[LOOP], spec=spec))] == ["ConfigMapMissing"]


def test_a_container_that_cannot_be_made_is_told_after_a_minute() -> None:
    broken = pod(statuses=[waiting("CreateContainerError", "exec: no such file")])
    (found,) = crash(broken)
    assert (found.state, found.reason) == (FindingState.FIRING, "CannotStart")


def test_what_the_kubelet_says_is_tainted_and_what_the_fields_say_is_not() -> None:
    (loop,) = crash(pod(statuses=[LOOP]))
    assert {e.what: e.tainted for e in loop.evidence} == {"last termination": False, "restarts": False}
    (unmade,) = crash(pod(statuses=[waiting("CreateContainerError", "exec: no such file")]))
    assert {e.what: e.tainted for e in unmade.evidence} == {"kubelet says": True}


def test_between_two_crashes_it_is_not_yet_well() -> None:
    once = {"restartCount": 1, "lastState": ended(1)}
    (found,) = crash(pod(statuses=[container_status(state={"running": {"startedAt": ago(minutes=1)}}, **once)]))
    assert (found.state, found.reason) == (FindingState.PROGRESSING, "CrashLooping")


def test_a_loop_is_critical_only_where_nobody_else_serves() -> None:
    def severity(available: int) -> Severity:
        return crash(pod(statuses=[LOOP]), replica_set(), deployment(available=available))[0].severity

    assert (severity(0), severity(1)) == (Severity.CRITICAL, Severity.WARNING)


def test_a_dead_node_explains_only_pods_that_are_all_on_dead_nodes() -> None:
    dead, alive = node("node-3", "Unknown"), node("node-4")
    (lost,) = crash(pod(statuses=[LOOP]), dead, alive)
    assert [s.name for s in lost.depends_on] == ["node-3"]
    (also_alive,) = crash(pod(statuses=[LOOP]), pod("api-7c9f-b", statuses=[LOOP], spec={"nodeName": "node-4"}), dead, alive)
    assert also_alive.depends_on == ()
    assert also_alive.instances == ("api-7c9f-b", "api-7c9f-x2x4z")


def test_what_the_container_said_at_its_end_is_shown_as_somebody_elses_words() -> None:
    last = ended(128, "StartError")
    last["terminated"]["message"] = 'exec: "serve": executable file not found in $PATH'
    (found,) = crash(pod(statuses=[waiting("CrashLoopBackOff", restartCount=4, lastState=last)]))
    (shown,) = [one for one in found.evidence if one.tainted]
    assert shown.value.startswith('exec: "serve"')
    assert shown.command.endswith(".lastState.terminated.message}'")
