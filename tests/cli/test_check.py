"""`stead check`, as a person and as a program use it: exit codes, JSON, the table, and one sentence for every mistake."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stead.cli.run import run
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, deployment, ended, endpoint_slice, node, pod, replica_set, service, waiting

LOST = [condition("Ready", "False", ago(minutes=20))]
HEALTHY = [node(), replica_set(), deployment(), pod(), service(), endpoint_slice()]
DEAD_NODE = [
    node(ready="Unknown", since=ago(minutes=20)),
    replica_set(),
    deployment(available=0, conditions=[condition("Available", "False", ago(minutes=20))]),
    *(pod(f"api-7c9f-{number}", conditions=LOST) for number in range(5)),
    service(),
    endpoint_slice(ready=[False]),
]
CRASH = pod(
    "worker-1", meta={"ownerReferences": []}, statuses=[waiting("CrashLoopBackOff", "\x1b[2Jback-off", restartCount=7, lastState=ended(3))]
)


@pytest.fixture
def dump(tmp_path: Path) -> Any:
    def write(*objects: Json) -> str:
        path = tmp_path / "dump.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
        return str(path)

    return write


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run(["check", "-o", "json", "--now", NOW.isoformat(), *arguments])
    return code, json.loads(capsys.readouterr().out)


def table(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["check", "--now", NOW.isoformat(), *arguments])
    return code, capsys.readouterr().out


def test_a_healthy_dump_is_green_and_exits_0(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = table(capsys, "--from", dump(*HEALTHY))
    assert code == 0
    assert "no fault found" in text
    assert "certificates.cert-manager.io" in next(line for line in text.splitlines() if line.startswith("not covered: "))


def test_the_json_is_what_the_issue_promises(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = report(capsys, "--from", dump(*DEAD_NODE))
    assert code == 1
    assert (found["schemaVersion"], list(found)) == (1, ["schemaVersion", "now", "findings", "blind", "incidents", "scanned"])
    cause = found["findings"][0]
    assert {key: cause[key] for key in ("check", "class", "severity", "state", "reason")} == {
        "check": "node_not_ready",
        "class": "fault",
        "severity": "critical",
        "state": "firing",
        "reason": "NotReady",
    }
    assert cause["subject"] == {"estate": "cluster", "apiVersion": "v1", "kind": "Node", "namespace": "", "name": "node-3"}
    assert set(cause["evidence"][0]) == {"what", "value", "command"}
    assert cause["since"] == ago(minutes=20)
    (incident,) = found["incidents"]
    assert incident["cause"] == cause["fingerprint"]
    assert set(incident["findings"]) == {f["fingerprint"] for f in found["findings"]}
    assert set(found["scanned"]) == {"counts", "notCovered", "seconds", "bytes", "requests"}
    pods = next(f for f in found["findings"] if f["check"] == "pod_not_ready")
    assert (pods["count"], pods["instances"][0]) == (5, "api-7c9f-0")


def test_the_table_says_the_cause_first_and_folds_what_it_explains(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = table(capsys, "--from", dump(*DEAD_NODE))
    assert code == 1
    assert text.startswith("CRITICAL  node node-3 does not answer\n")
    assert "$ kubectl get node node-3 -o 'jsonpath=" in text
    assert "explains 7 more:" in text
    assert "5 × pod_not_ready: deployment payments/api" in text
    assert "1 incident (1 critical)" in text


def test_words_of_others_cannot_command_the_terminal(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = pod("worker-2", meta={"ownerReferences": []}, statuses=[waiting("ImagePullBackOff", "\x1b[2Jno such image")])
    _, text = table(capsys, "--from", dump(node(), hostile))
    assert "no such image" in text
    assert "\x1b" not in text


def test_fail_on_and_progressing_decide_the_exit_code(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    warning = dump(node(ready="False", spec={"unschedulable": True}))
    assert report(capsys, "--from", warning)[0] == 1
    assert report(capsys, "--from", warning, "--fail-on", "critical")[0] == 0
    code, found = report(capsys, "--from", dump(node(ready="False", since=ago(seconds=10))))
    assert (code, [f["state"] for f in found["findings"]], found["incidents"]) == (0, ["progressing"], [])


def test_what_could_not_be_seen_is_never_green(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    odd = pod("odd") | {"status": {"phase": 7}}
    code, found = report(capsys, "--from", dump(odd, *DEAD_NODE))
    assert code == 3
    assert [f["state"] for f in found["blind"]] == ["blind"]
    code, text = table(capsys, "--from", dump(odd, *HEALTHY))
    assert code == 3
    assert "no fault in what was seen, 1 thing could not be seen" in text


def test_a_time_beyond_all_calendars_is_no_crash(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    strange = pod(meta={"creationTimestamp": "9999-12-31T23:59:59-23:59"}, statuses=[waiting("CrashLoopBackOff")])
    silent = node("node-9", "Unknown", "9999-12-31T23:59:59-23:59")
    for form in ("table", "json"):
        assert run(["check", "--from", dump(strange, silent), "-o", form]) == 1
    assert "CrashLooping" in capsys.readouterr().out


def test_a_namespace_shows_its_own_faults_and_what_explains_them(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    other = pod("x", meta={"namespace": "billing", "ownerReferences": []}, statuses=[waiting("CrashLoopBackOff")])
    path = dump(*DEAD_NODE, other, node("node-4", "Unknown"))
    _, found = report(capsys, "--from", path, "-n", "payments")
    assert {f["subject"]["name"] for f in found["findings"]} >= {"node-3", "api"}
    assert not {f["subject"]["name"] for f in found["findings"]} & {"node-4", "x"}


def test_stdin_is_a_dump_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raw = io.BytesIO(json.dumps({"apiVersion": "v1", "kind": "List", "items": HEALTHY}).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    assert report(capsys, "--from", "-")[0] == 0


def test_the_time_of_the_dump_is_used_and_printed(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--from", dump(*HEALTHY)]) == 0
    assert "as of 2026-01-05 08:00 UTC" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["--from", "DUMP", "-n", "paymnets"], "there is no namespace `paymnets` in", "did you mean `payments`?"),
        (["--from", "DUMP", "-n", "No_Such"], "`No_Such` is not the name of a namespace", "lower-case"),
        (["--from", "DUMP", "--context", "x"], "--from and --context do not go together", "by itself"),
        (["--from", "DUMP", "--host"], "--from and --host do not go together", "by itself"),
        (["--from", "DUMP", "--now", "yesterday"], "`yesterday` is not a time", "2026-01-05T09:00:00Z"),
        (["--now", "2026-01-05T09:00:00Z"], "--now goes with --from only", "live"),
        (["--from", "/nonexistent/dump.json"], "cannot be read", "check the path"),
        (["--frm", "x"], "no such option", ""),
        (["--fail-on", "info"], "'info'", ""),
        (["-o", "yaml"], "'yaml'", ""),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(
    dump: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str, hint: str
) -> None:
    path = dump(*HEALTHY)
    assert run(["check", *(path if one == "DUMP" else one for one in arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert hint in err
    assert "Traceback" not in err


def test_a_kubeconfig_that_is_not_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert run(["check"]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_this_host_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["check", "--host", "-o", "json"])
    found = json.loads(capsys.readouterr().out)
    assert code in (0, 1, 3)
    assert found["scanned"]["counts"] == {"Host": 1}
    assert {f["subject"]["estate"] for f in found["findings"]} <= {"host"}


def test_opinions_are_told_where_they_are_asked_for(dump: Any, capsys: pytest.CaptureFixture[str]) -> None:
    kept = thing("PersistentVolume", "pv-1", status={"phase": "Released"})
    path = dump(node(), kept)
    assert report(capsys, "--from", path)[1]["findings"] == []
    code, found = report(capsys, "--from", path, "--hygiene")
    assert (code, [(one["check"], one["class"]) for one in found["findings"]]) == (0, [("pv_released", "hygiene")])
