"""`stead doctor` on a machine and on the practice cluster: each line says how it stands, and what to do next."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stead.app.config import Loaded, settings_of
from stead.clocks import SteppedClock, SystemClock
from stead.ops.doctor import Line, examine
from stead.ops.rbac import write_role
from stead.practice.cluster import PracticeCluster
from stead.practice.house import READ_RULES, READER, WRITER

CLAIMS = {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["list", "watch"]}


def loaded(folder: Path, **more: Any) -> Loaded:
    settings = settings_of({"server": {"bind": "127.0.0.1:0"}, **more})
    return Loaded(settings=settings, file=None, folder=folder)


async def lines(of: Loaded) -> dict[str, Line]:
    return {line.about: line async for line in examine(of)}


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[PracticeCluster]:
    """A cluster whose clock is right: its API server tells the time of this machine."""
    cluster = PracticeCluster(SteppedClock(SystemClock().now()))
    await cluster.start(tmp_path)
    cluster.user(READER, [*READ_RULES, CLAIMS])
    # What deploy/kubernetes/write.yaml gives: every right that a verb needs.
    cluster.user(WRITER, [{"apiGroups": [one.group], "resources": [one.resource], "verbs": [*one.verbs]} for one in write_role().rules])
    yield cluster
    await cluster.stop()


def estate(cluster: PracticeCluster, user: str = READER, **more: Any) -> dict[str, Any]:
    return {"estates": [{"kind": "kubernetes", "id": "home", "kubeconfig": str(cluster.kubeconfig(user)), **more}]}


async def test_a_machine_and_a_cluster_that_are_well(cluster: PracticeCluster, tmp_path: Path) -> None:
    found = await lines(loaded(tmp_path / "state", **estate(cluster, write_kubeconfig=str(cluster.kubeconfig(WRITER)))))
    assert {about: line.what for about, line in found.items() if line.state != "ok"} == {}
    assert "answers, Kubernetes" in found["estate home"].what
    assert found["estate home, rights"].what.startswith("all ")
    assert found["estate home, acting, rights"].what.startswith("all ")
    assert not (tmp_path / "state").exists()


async def test_rights_that_are_missing_are_named(cluster: PracticeCluster, tmp_path: Path) -> None:
    cluster.user("blind", READ_RULES)
    found = await lines(loaded(tmp_path / "state", **estate(cluster, "blind", write_kubeconfig=str(cluster.kubeconfig("blind")))))
    rights, acting = found["estate home, rights"], found["estate home, acting, rights"]
    assert (rights.state, rights.what) == ("fail", "may not list persistentvolumeclaims, watch persistentvolumeclaims")
    assert "kubectl apply -f deploy/kubernetes/read.yaml" in rights.hint
    assert (acting.state, "delete pods" in acting.what) == ("fail", True)


async def test_more_rights_than_needed_are_a_warning(cluster: PracticeCluster, tmp_path: Path) -> None:
    found = await lines(loaded(tmp_path / "state", **estate(cluster, "admin")))
    assert found["estate home, rights"].state == "warn"
    assert found["estate home, acting"].what == "no write identity: Stead tells, and changes nothing"


async def test_a_cluster_that_cannot_be_had_is_one_line(cluster: PracticeCluster, tmp_path: Path) -> None:
    of = loaded(tmp_path / "state", **estate(cluster))
    await cluster.stop()
    found = await lines(of)
    assert found["estate home"].state == "fail"
    assert not [about for about in found if about.startswith("estate home,") and about != "estate home, acting"]
    nowhere = await lines(loaded(tmp_path, estates=[{"kind": "kubernetes", "id": "home", "kubeconfig": str(tmp_path / "gone")}]))
    assert nowhere["estate home"].state == "fail"


async def test_a_channel_whose_secret_is_not_there_is_told_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAT_SECRET", raising=False)
    chat = {"name": "chat", "kind": "webhook", "url": "http://127.0.0.1:1/", "secret": "env:CHAT_SECRET"}
    of = loaded(tmp_path / "state", channels=[chat, {"name": "here", "kind": "terminal"}])
    found = await lines(of)
    assert (found["channel chat"].state, found["channel chat"].hint) == ("fail", "set CHAT_SECRET where Stead is started")
    assert found["channel here"].state == "ok"
    monkeypatch.setenv("CHAT_SECRET", "s" * 32)
    assert (await lines(of))["channel chat"].state == "ok"


async def test_a_wrong_clock_is_seen() -> None:
    from stead.ops.doctor_kubernetes import skew

    now = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
    said = {date: skew("it", date, now).what for date in ("Mon, 05 Jan 2026 09:00:10 GMT", "Mon, 05 Jan 2026 09:05:00 GMT", "nonsense", "")}
    assert list(said.values()) == [
        "agrees with the API server's",
        "is 300 s behind the API server's",
        "the API server does not tell its time",
        "the API server does not tell its time",
    ]


async def test_what_is_wrong_with_the_machine_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (tmp_path / "file").write_text("")
        of = loaded(tmp_path / "file" / "state", server={"bind": f"127.0.0.1:{taken.getsockname()[1]}"}, checks={"disabled": ["dsk"]})
        taken.close()
        with socket.create_server(taken_address := ("127.0.0.1", of.settings.server.port)):
            found = await lines(of)
    assert found["port"].what == f"another program listens on {taken_address[0]}:{taken_address[1]}"
    assert (found["state folder"].state, found["state folder"].what) == ("fail", f"{tmp_path}/file is not a folder")
    assert (found["configuration"].state, found["configuration"].hint) == ("fail", "did you mean `disk`?")
    assert found["estates"].state == "warn"
